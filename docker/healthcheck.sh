#!/usr/bin/env bash
# Whether the server in this container is well: exit code 0 or 1, and one line that says why.
#
# The role is read from the running process. A master or region is asked for /health on its admin port, which is taken
# from the command line (--set admin.port=N), from MDS_ADMIN_PORT, or is the role's default; ZooKeeper is asked with its
# "srvr" command. A container that runs a tool (status, shell, import) has no server and is always well.
# Needs bash alone: base images often lack curl and nc.
set -euo pipefail

readonly answer_seconds=3

ill() {
  echo "unhealthy: $*"
  exit 1
}

# Whether these are the arguments of the script mds, which a server's JVM is about to replace.
about_to_start() {
  awk '{ all = all " " $0 }
    END { exit all !~ /\/mds (master|region)( -|$)/ }' <<<"$1"
}

# The arguments of the server's process, one per line; nothing when only a tool runs.
server_arguments() {
  local process arguments
  for process in /proc/[0-9]*; do
    arguments=$(tr '\0' '\n' 2>/dev/null <"$process/cmdline") || continue
    if about_to_start "$arguments"; then
      echo starting
      return 0
    fi
    if grep -qE '/mds-(master|region)\.jar$' <<<"$arguments" || grep -qx zookeeper <<<"$arguments"; then
      echo "$arguments"
      return 0
    fi
  done
}

# option NAME DEFAULT: the value of --NAME VALUE or --NAME=VALUE.
option() {
  awk -v name="--$1" -v value="$2" '
    previous == name { value = $0 }
    index($0, name "=") == 1 { value = substr($0, length(name) + 2) }
    { previous = $0 }
    END { print value }' <<<"$arguments"
}

# setting KEY DEFAULT: the value of --set KEY=VALUE or --set=KEY=VALUE.
setting() {
  awk -v key="$1" -v value="$2" '
    { sub(/^--set=/, "") }
    index($0, key "=") == 1 { value = substr($0, length(key) + 2) }
    END { print value }' <<<"$arguments"
}

reachable() {
  case $1 in
    0.0.0.0 | :: | '') echo 127.0.0.1 ;;
    *) echo "$1" ;;
  esac
}

# ask HOST PORT REQUEST: prints the first lines of the answer, which may be none.
ask() {
  local line='' count=0
  exec 3<>"/dev/tcp/$1/$2" || return 1
  printf '%b' "$3" >&3
  while [ "$count" -lt 20 ] && { IFS= read -r -t "$answer_seconds" line <&3 || [ -n "$line" ]; }; do
    echo "${line%$'\r'}"
    line=
    count=$((count + 1))
  done
  exec 3>&-
}

arguments=$(server_arguments)
case $arguments in
  *mds-master.jar*) port=7401 ;;
  *mds-region.jar*) port=7501 ;;
  starting) ill "the server's JVM has not been started yet" ;;
  '')
    echo "healthy: no server runs here"
    exit 0
    ;;
  *)
    port=$(option port 2181)
    host=$(reachable "$(option host 127.0.0.1)")
    answer=$(ask "$host" "$port" 'srvr\n' 2>/dev/null) || ill "no ZooKeeper listens on $host:$port"
    grep -q '^Mode: ' <<<"$answer" || ill "ZooKeeper on port $port: ${answer:-no answer}"
    echo "healthy: ZooKeeper on port $port, $(grep '^Mode: ' <<<"$answer")"
    exit 0
    ;;
esac

port=$(setting admin.port "${MDS_ADMIN_PORT:-$port}")
host=$(reachable "$(setting admin.host "${MDS_ADMIN_HOST:-127.0.0.1}")")
request="GET /health HTTP/1.1\r\nHost: $host:$port\r\nConnection: close\r\n\r\n"
answer=$(ask "$host" "$port" "$request" 2>/dev/null) || ill "no admin server listens on $host:$port"
status=$(head -n 1 <<<"$answer")
case $status in
  'HTTP/1.1 200'*) echo "healthy: /health on port $port" ;;
  *) ill "/health on port $port: ${status:-no answer} $(tail -n 1 <<<"$answer")" ;;
esac
