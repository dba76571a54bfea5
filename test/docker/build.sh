#!/usr/bin/env bash
# shellcheck disable=SC1112
# Executes the Dockerfile without any image registry, starts the built image and asks its health check.
#
# The base image is made here: a minimal Debian from the configured mirror plus the Node of this computer, at the places
# where the official image has them. Needs root, mmdebstrap and buildah. What npm and TLS need to reach a registry from
# here (an .npmrc, a certificate bundle) goes into the test’s base image or is mounted, never into the Dockerfile.
#
#   test/docker/build.sh            takes a few minutes; ends with "ok" or the step that failed
#   KEEP=1 test/docker/build.sh     keeps the working folder and prints its name
#   DEBIAN_MIRROR=URL               another mirror than the usual one
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in mmdebstrap buildah node npm; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: $tool is not installed" >&2; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo 'SKIPPED: needs root' >&2; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/remixd-image-XXXXXX")
child=''
finish() {
  code=$?
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else
    b umount --all >/dev/null 2>&1 || true
    b rm --all >/dev/null 2>&1 || true
    umount "$work/storage/overlay" 2>/dev/null || true
    rm -rf "$work"
  fi
  if [ $code = 0 ]; then echo "ok, ${SECONDS} s"; else echo "FAILED at: ${step:-start}" >&2; fi
}
trap finish EXIT
# Storage of its own: nothing of this computer’s images is used or changed.
b() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }
step() { step=$1; echo "== $1 (${SECONDS} s)"; }

step 'base image: Debian and this computer’s Node'
mmdebstrap --quiet --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$work/rootfs" \
  ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
node_bin=$(node -p process.execPath)
node_root=$(dirname "$(dirname "$node_bin")")
npm_root=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
[ -f "$node_root/include/node/node.h" ] || { echo "no Node headers in $node_root/include/node" >&2; exit 1; }
mkdir -p "$work/rootfs/usr/local/lib/node_modules" "$work/rootfs/usr/local/include"
cp "$node_bin" "$work/rootfs/usr/local/bin/node"
cp -R "$node_root/include/node" "$work/rootfs/usr/local/include/"
cp -R "$npm_root" "$work/rootfs/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/rootfs/usr/local/bin/npm"
# Whoever signs for the registry here signs for it in there.
bundle=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
[ ! -f "$bundle" ] || cp "$bundle" "$work/rootfs/etc/ssl/certs/ca-certificates.crt"
base=$(b from scratch)
b add --quiet "$base" "$work/rootfs" / >/dev/null
b config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$base"
b commit --quiet "$base" localhost/remixd-base >/dev/null
b rm "$base" >/dev/null
rm -rf "$work/rootfs"

step 'the Dockerfile, both stages'
secret=()
[ ! -f "$HOME/.npmrc" ] || secret=(--secret "id=npmrc,src=$HOME/.npmrc")
b bud --isolation chroot --pull-never --format docker --layers=false --build-arg BASE=localhost/remixd-base \
  "${secret[@]}" --tag localhost/remixd . >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }

step 'what the image says of itself'
b inspect --type image localhost/remixd >"$work/image.json"
config() { node -p "JSON.stringify(JSON.parse(require('fs').readFileSync('$work/image.json', 'utf8')).Docker.config.$1 ?? null)"; }
expect() { [ "$1" = "$2" ] || { echo "expected $2, got $1" >&2; exit 1; }; }
expect "$(config User)" '"10001:10001"'
expect "$(config Cmd)" '["run"]'
expect "$(config 'Healthcheck.Test[0]')" '"CMD"'
words() { node -e 'for (const word of JSON.parse(process.argv[1])) console.log(word)' "$1"; }
mapfile -t entry < <(words "$(config Entrypoint)")
mapfile -t default < <(words "$(config Cmd)")
mapfile -t check < <(words "$(config 'Healthcheck.Test.slice(1)')")

box=$(b from --pull-never localhost/remixd)
inside() { b run --isolation chroot "$box" -- "$@"; }
expect "$(inside id -u)" 10001
for tool in gcc make python3; do
  if inside sh -c "command -v $tool" >/dev/null 2>&1; then echo "$tool is in the image" >&2; exit 1; fi
done
if inside sh -c ': >/app/x' 2>/dev/null; then echo 'the program’s folder is writable' >&2; exit 1; fi

step 'the examination: native modules and gate are there'
inside "${entry[@]}" doctor --json >"$work/doctor.json"
node -e '
  const { findings } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const wanted = ["module-onoff", "module-i2c-bus", "module-spi-device", "module-unix-dgram", "remixd-gate", "remixd-off", "remixd-lines"];
  const bad = wanted.filter((id) => findings.find((finding) => finding.id === id)?.level !== "ok");
  if (bad.length > 0) { console.error("not ok:", bad.join(", ")); process.exit(1); }
' "$work/doctor.json"

step 'the simulated bench and its health check'
if inside "${check[@]}"; then echo 'healthy before it runs' >&2; exit 1; fi
inside "${entry[@]}" "${default[@]}" >"$work/run.log" 2>&1 &
child=$!
for _ in $(seq 30); do
  sleep 1
  if inside "${check[@]}" && grep -q ARMED "$work/run.log"; then healthy=yes; break; fi
done
[ "${healthy:-}" = yes ] || { cat "$work/run.log" >&2; exit 1; }
# The container’s main process is told to stop as `docker stop` does.
owner=$(inside cat /var/lib/remixd/lock)
owner=${owner%% *}
kill -TERM "$owner"
wait "$child"
child=''
tail -n 2 "$work/run.log"
grep -q 'heater off (0.000 A)' "$work/run.log"
if inside "${check[@]}"; then echo 'healthy after its end' >&2; exit 1; fi

step 'size'
du -sh "$(b mount "$box")" | cut -f 1
