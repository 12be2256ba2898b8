#!/usr/bin/env bash
# Makes a base image with a Java 17 runtime out of Debian's packages, for machines that reach no image registry.
#
#   docker/base-image.sh [--rebuild]
#
# Does nothing when the image exists. Otherwise it imports the archive it kept from an earlier run, or makes one with
# debootstrap, which needs root and is installed when missing. With --rebuild it starts from fresh packages.
# Prints the image's name on stdout, everything else on stderr.
#
#   MDS_CACHE_DIR       where archives are kept, default ~/.cache/mds
#   MDS_DEBIAN_MIRROR   where packages come from, default: what debootstrap takes
set -euo pipefail

readonly suite=bookworm
readonly packages=openjdk-17-jre-headless
readonly image=mds-base:bookworm-jre17
readonly cache_dir=${MDS_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mds}

say() { echo "base-image: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

case ${1:-} in
  '') rebuild=no ;;
  --rebuild) rebuild=yes ;;
  *) fail "unknown argument $1; usage: docker/base-image.sh [--rebuild]" ;;
esac

architecture=$(docker version --format '{{.Server.Arch}}' 2>/dev/null) \
  || fail "no Docker engine answers; start one, for example with docker/engine.sh"
archive=$cache_dir/base-$suite-jre17-$architecture.tar.gz

work=
discard_work() {
  if [ -n "$work" ]; then
    rm -rf --one-file-system "$work"
  fi
}
trap discard_work EXIT

# Packages are unpacked in a mount namespace of their own: whatever debootstrap and the packages' scripts mount is gone
# with it, also after a kill.
make_root() {
  local root=$1
  unshare --mount --propagation private bash -euo pipefail -s -- \
    "$root" "$suite" "$packages" "${MDS_DEBIAN_MIRROR:-}" <<'INNER'
root=$1 suite=$2 packages=$3 mirror=$4
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
echo "base-image: [1/3] debootstrap $suite (minimal)" >&2
debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 </dev/null
echo "base-image: [2/3] apt-get install $packages" >&2
mount -t proc proc "$root/proc"
# Java's package links its manual pages into a directory that a minimal system lacks.
mkdir -p "$root/usr/share/man/man1"
chroot "$root" apt-get install -y --no-install-recommends $packages >>"$root.log" 2>&1 </dev/null
umount "$root/proc"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/* "$root"/var/log/* \
  "$root"/usr/share/{doc,man,info,locale,lintian}/* "$root"/tmp/*
rm -f "$root/etc/resolv.conf" "$root/etc/hostname" "$root/etc/machine-id"
INNER
}

install_debootstrap() {
  if command -v debootstrap >/dev/null; then
    return 0
  fi
  command -v apt-get >/dev/null || fail "debootstrap is missing, and this machine has no apt-get to install it with"
  say "installing debootstrap"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null 2>&1 </dev/null || true
  apt-get install -y --no-install-recommends debootstrap debian-archive-keyring >/dev/null </dev/null \
    || fail "debootstrap cannot be installed, see above"
}

make_archive() {
  [ "$(id -u)" = 0 ] || fail "making $image needs root, for debootstrap; or use a public image as the base"
  install_debootstrap
  local free_kib
  work=$(mktemp -d "${TMPDIR:-/tmp}/mds-base.XXXXXX")
  free_kib=$(df --output=avail -k "$work" | tail -n 1)
  [ "$free_kib" -gt 1048576 ] || fail "needs 1 GiB of disk space in ${TMPDIR:-/tmp}, only $((free_kib / 1024)) MiB are free; set TMPDIR"
  mkdir -p "$cache_dir" "$work/root"
  if ! make_root "$work/root"; then
    tail -n 20 "$work/root.log" >&2 || true
    fail "no base image could be made from Debian's packages, see above"
  fi
  say "[3/3] packing $archive"
  tar --create --numeric-owner --one-file-system --directory "$work/root" . | gzip -1 >"$archive.$$"
  mv "$archive.$$" "$archive"
  discard_work
  work=
}

if [ "$rebuild" = no ] && docker image inspect "$image" >/dev/null 2>&1; then
  say "$image is there"
else
  if [ "$rebuild" = yes ] || [ ! -f "$archive" ]; then
    make_archive
  fi
  say "importing $archive as $image"
  docker import --change 'ENV LANG=C.UTF-8' --change 'CMD ["bash"]' \
    --message "Debian $suite with $packages" "$archive" "$image" >/dev/null \
    || fail "$archive cannot be imported; try docker/base-image.sh --rebuild"
  say "$image: $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%d MB", $1 / 1e6 }')"
fi
echo "$image"
