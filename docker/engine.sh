#!/usr/bin/env bash
# Sees to it that a Docker engine answers and can really run a container.
#
#   docker/engine.sh          uses the engine that answers; otherwise, as root, installs and starts one
#   docker/engine.sh stop     stops the engine that this script started
#
# Made for bare machines and virtual machines without systemd: where the engine's own defaults do not work it tries
# older iptables, no iptables, and a plain storage driver, and takes the first combination that runs a container.
# Exit code 0: an engine answers; 1: none can be had, and the reason is on stderr.
set -euo pipefail

readonly pid_file=/run/mds-dockerd.pid
readonly state=/run/mds-dockerd
readonly log=$state/dockerd.log
readonly start_seconds=40

say() { echo "engine: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ours_is_running() {
  [ -f "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = dockerd ]
}

stop_ours() {
  ours_is_running || return 0
  local pid
  pid=$(cat "$pid_file")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 150); do
    [ -d "/proc/$pid" ] || break
    sleep 0.1
  done
  rm -f "$pid_file"
}

# A container out of one static binary: needs no image from anywhere, and proves storage, namespaces, cgroups, network.
runs_a_container() {
  local binary name=mds-engine-probe
  binary=$(readlink -f "$(command -v docker-init || command -v tini-static || true)")
  [ -n "$binary" ] || return 0
  tar --create --directory "$(dirname "$binary")" "$(basename "$binary")" | docker import - "$name" >/dev/null || return 1
  local outcome=0
  timeout 60 docker run --rm --publish 127.0.0.1::9 "$name" "/$(basename "$binary")" --version >/dev/null || outcome=1
  docker image rm --force "$name" >/dev/null 2>&1 || true
  return "$outcome"
}

install_engine() {
  if command -v dockerd >/dev/null && command -v docker >/dev/null; then
    return 0
  fi
  command -v apt-get >/dev/null || fail "no dockerd is installed, and this machine has no apt-get to install it with"
  say "installing docker.io"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >"$state/apt.log" 2>&1 || true
  local packages=(docker.io iptables ca-certificates)
  # Newer Debian has the client in a package of its own.
  if [ -n "$(apt-cache search --names-only '^docker-cli$')" ]; then
    packages+=(docker-cli)
  fi
  apt-get install -y --no-install-recommends "${packages[@]}" >>"$state/apt.log" 2>&1 </dev/null || {
    tail -n 5 "$state/apt.log" >&2
    fail "docker.io cannot be installed, see $state/apt.log"
  }
  hash -r
}

mount_cgroups() {
  if grep -qE '^[^ ]+ /sys/fs/cgroup(/[^ ]*)? cgroup2? ' /proc/mounts; then
    return 0
  fi
  say "mounting the cgroup file system"
  mkdir -p /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup || say "it cannot be mounted; going on without"
}

# start_with NAME [dockerd options]: true when the engine answers and runs a container.
start_with() {
  local name=$1
  shift
  say "starting dockerd ($name)"
  # A session of its own and no open file of ours: who waits for this script's end does not wait for the engine's.
  setsid dockerd --pidfile "$pid_file" "$@" >"$log" 2>&1 </dev/null &
  for _ in $(seq $((start_seconds * 5))); do
    if answers; then
      if runs_a_container 2>"$state/probe.log"; then
        return 0
      fi
      say "it answers, but runs no container: $(tail -n 1 "$state/probe.log")"
      stop_ours
      return 1
    fi
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  say "it does not come up: $(grep -iE 'failed|error' "$log" | tail -n 1)"
  stop_ours
  return 1
}

start_engine() {
  install_engine
  mount_cgroups
  # The same program under its old name, first on the PATH: the machine's own choice of iptables stays as it is.
  local legacy=$state/legacy-iptables
  mkdir -p "$legacy"
  for tool in iptables ip6tables; do
    if command -v "$tool-legacy" >/dev/null; then
      ln -sf "$(command -v "$tool-legacy")" "$legacy/$tool"
    fi
  done
  start_with "its defaults" && return 0
  PATH="$legacy:$PATH" start_with "legacy iptables" && return 0
  start_with "storage driver vfs" --storage-driver=vfs && return 0
  PATH="$legacy:$PATH" start_with "legacy iptables, storage driver vfs" --storage-driver=vfs && return 0
  # Without iptables containers still reach each other and are reached, but by address: names do not resolve.
  start_with "no iptables" --iptables=false --ip6tables=false --ip-masq=false && return 0
  start_with "no iptables, storage driver vfs" --iptables=false --ip6tables=false --ip-masq=false --storage-driver=vfs \
    && return 0
  fail "no engine runs containers on this machine; the last attempt's log is $log"
}

case ${1:-start} in
  start) ;;
  stop)
    ours_is_running || fail "no engine started by this script is running"
    stop_ours
    say "stopped"
    exit 0
    ;;
  *) fail "unknown argument $1; usage: docker/engine.sh [stop]" ;;
esac

if answers; then
  say "$(docker version --format 'Docker {{.Server.Version}} answers (API {{.Server.APIVersion}})')"
  exit 0
fi
[ -z "${DOCKER_HOST:-}" ] || fail "DOCKER_HOST is $DOCKER_HOST, and nothing answers there"
[ "$(id -u)" = 0 ] || fail "no Docker engine answers, and installing or starting one needs root"
mkdir -p "$state"
exec 9>"$state/lock"
flock 9
answers || start_engine 9>&-
say "$(docker version --format 'Docker {{.Server.Version}} runs (API {{.Server.APIVersion}})'), log: $log"
