#!/usr/bin/env bash
# Builds the MDS image: the jars when they are missing, a context of just the files that belong in, then the image.
#
#   docker/build.sh [--tag NAME] [--base IMAGE] [--no-maven]
#
#   --tag NAME    the image's name, default mds:latest
#   --base IMAGE  the base image, default $MDS_BASE_IMAGE or else the Dockerfile's own (a public one)
#   --no-maven    fail when a jar is missing rather than build it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag=mds:latest
base=${MDS_BASE_IMAGE:-}
use_maven=yes

say() { echo "image: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --tag | --base)
      [ $# -ge 2 ] || fail "$1 needs a value"
      if [ "$1" = --tag ]; then tag=$2; else base=$2; fi
      shift 2
      ;;
    --no-maven)
      use_maven=no
      shift
      ;;
    *) fail "unknown argument $1; usage: docker/build.sh [--tag NAME] [--base IMAGE] [--no-maven]" ;;
  esac
done

readonly jars=(
  master/target/mds-master.jar
  region/target/mds-region.jar
  cli/target/mds-cli.jar
  testkit/target/mds-testkit-all.jar
)

missing=()
for jar in "${jars[@]}"; do
  [ -f "$jar" ] || missing+=("$jar")
done
if [ "${#missing[@]}" -gt 0 ]; then
  [ "$use_maven" = yes ] || fail "missing: ${missing[*]}; build them with ./mvnw package"
  say "building ${missing[*]}"
  ./mvnw -B -q -Dquick -Dmaven.test.skip=true -pl master,region,cli,testkit -am package >&2
fi

docker version --format '{{.Server.Version}}' >/dev/null 2>&1 \
  || fail "no Docker engine answers; start one, for example with docker/engine.sh"

context=$(mktemp -d "${TMPDIR:-/tmp}/mds-image.XXXXXX")
trap 'rm -rf "$context"' EXIT
mkdir "$context/bin" "$context/lib" "$context/config"
cp mds docker/healthcheck.sh "$context/bin/"
cp "${jars[@]}" "$context/lib/"
cp -R config/. "$context/config/"
chmod -R u=rwX,go=rX "$context"
chmod 755 "$context/bin/"*

say "building $tag${base:+ from $base}"
# The classic builder is everywhere; newer clients warn about it, but need a plug-in for the other one.
if docker buildx version >/dev/null 2>&1; then buildkit=1; else buildkit=0; fi
DOCKER_BUILDKIT=$buildkit docker build --tag "$tag" ${base:+--build-arg "BASE_IMAGE=$base"} \
  --file docker/Dockerfile "$context" >&2
say "$tag: $(docker image inspect --format '{{.Size}}' "$tag" | awk '{ printf "%d MB", $1 / 1e6 }')"
