#!/usr/bin/env bash
# shellcheck disable=SC1112
# Boots a small Debian with a real service manager in a container, and there installs, starts, breaks, updates, rolls back
# and uninstalls remixd by the real units and scripts. What the sandbox of a unit forbids shows only here.
#
# Gate and controller are stand-ins of a few lines that try what they may and may not do: this computer has no GPIO. Needs
# root, mmdebstrap, systemd-nspawn and the built module unix-dgram. Takes under a minute; ends with "ok" or what differs.
#
#   REAL=1 test/systemd/boot.sh    afterwards also the built program itself under its unit, on the simulated bench
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in mmdebstrap systemd-nspawn node; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: $tool is not installed" >&2; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo 'SKIPPED: needs root' >&2; exit 77; }
[ -e node_modules/unix-dgram ] || { echo 'SKIPPED: the module unix-dgram is not built (npm ci)' >&2; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/remixd-boot-XXXXXX")
finish() {
  code=$?
  if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
  if [ $code = 0 ]; then echo "ok, ${SECONDS} s"; else echo 'FAILED' >&2; fi
}
trap finish EXIT

root=$work/root
mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,libstdc++6 bookworm "$root" \
  ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
cp "$(node -p process.execPath)" "$root/usr/local/bin/node"

package=$root/srv/remixd
mkdir -p "$package"/{bin,config,dist/src/cli,docs,gate,node_modules,recipes}
cp -R systemd "$package/"
cp config/*.json "$package/config/"
for module in unix-dgram bindings file-uri-to-path; do cp -R "node_modules/$module" "$package/node_modules/"; done
echo '{"name": "remixd", "version": "1.0.0"}' >"$package/package.json"
touch "$package/dist/src/cli/remixd.js"

# shellcheck disable=SC2016
printf '#!/bin/sh\necho "off $4 as $(id -un):$(id -gn)"\n' >"$package/gate/remixd-off"
printf '#!/bin/sh\n' >"$package/gate/remixd-lines"
cat >"$package/gate/remixd-gate" <<'GATE'
#!/usr/bin/perl
use Socket; $| = 1;
socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("/run/remixd/gate.sock")) or die "gate: bind $!"; listen(S, 4);
print "gate: network ", socket(N, PF_INET, SOCK_STREAM, 0) ? "open" : "closed", "\n";
print "gate: file ", open(F, ">", "/etc/remixd/x") ? "written" : "refused", "\n";
my @peers; while (accept(my $peer, S)) { push @peers, $peer; }
GATE
cat >"$package/bin/remixd.js" <<'CONTROLLER'
const fs = require('node:fs');
const net = require('node:net');
const [command, verb] = process.argv.slice(2);
if (command === 'config') {
  if (verb === 'gate') console.log('limits');
  process.exit(0);
}
const report = (what, attempt) => {
  try {
    console.log(`controller: ${what} ${attempt() ?? 'allowed'}`);
  } catch (error) {
    console.log(`controller: ${what} ${error.code}`);
  }
};
report('state', () => fs.writeFileSync('/var/lib/remixd/latch.json', '{"armed":false}'));
report('configuration', () => fs.writeFileSync('/etc/remixd/config.json', ''));
report('file of the group', () => fs.readFileSync('/srv/of-gpio', 'utf8').trim());
report('kernel settings', () => fs.writeFileSync('/proc/sys/kernel/panic', '0'));
const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n').find((line) => line.includes(' /sys/devices/platform '));
report('lines in /sys', () => lines.split(' ')[5].split(',')[0]);
net.connect(80, '127.0.0.1').on('error', ({ code }) => console.log(`controller: network ${code}`));
net.connect('/run/remixd/gate.sock').on('connect', () => console.log('controller: gate connected')).on('error', () => {});
const dgram = require('unix-dgram').createSocket('unix_dgram');
const tell = (word) => dgram.send(Buffer.from(word), 0, word.length, process.env.NOTIFY_SOCKET);
tell('READY=1');
setInterval(() => {
  tell('WATCHDOG=1');
  if (!fs.existsSync('/var/lib/remixd/stall')) return;
  fs.rmSync('/var/lib/remixd/stall');
  for (;;);
}, 200);
CONTROLLER
chmod +x "$package"/gate/*

if [ "${REAL:-}" = 1 ]; then
  mkdir "$root/srv/real"
  cp -R bin config dist docs node_modules package.json package-lock.json recipes systemd "$package/gate" "$root/srv/real/"
  node -e '
    const config = { hal: { kind: "sim" }, runtime: { stateDir: "/var/lib/remixd", runsDir: "/var/lib/remixd/runs" } };
    require("fs").writeFileSync(process.argv[1], JSON.stringify(config));
  ' "$root/srv/real.json"
fi

# What is done inside; each line of its output is compared below.
cat >"$root/srv/inside" <<'INSIDE'
#!/bin/sh
exec >/srv/result 2>&1
active() { echo "$1: $(systemctl is-active remixd-gate remixd | paste -sd ' ' -)"; }
said() { journalctl --no-pager -o cat -u remixd -u remixd-gate | grep -q "$1" && echo "said: $1"; }
sh /srv/remixd/systemd/install --yes >/srv/log 2>&1 || cat /srv/log
echo "enabled: $(systemctl is-enabled remixd)"
echo yes >/srv/of-gpio && chown root:gpio /srv/of-gpio && chmod 0640 /srv/of-gpio
systemctl start remixd
sleep 1
active started
stat -c '%n %U:%G %a' /run/remixd /run/remixd/gate.sock
journalctl --no-pager -o cat -u remixd -u remixd-gate | grep -E '^(gate|controller|off)' | sort -u
touch /var/lib/remixd/stall
sleep 6
said 'Watchdog timeout (limit 2s)'
active 'after a stall'
kill -9 "$(systemctl show -p MainPID --value remixd-gate)"
sleep 3
said 'code=killed, status=9/KILL'
active 'after the gate was killed'
sed -i s/1.0.0/1.1.0/ /srv/remixd/package.json
echo '{"armed":true}' >/var/lib/remixd/latch.json
sh /srv/remixd/systemd/install --yes 2>&1 | grep -o '\[ARMED\]'
echo '{"armed":false}' >/var/lib/remixd/latch.json
sh /srv/remixd/systemd/install --yes >/srv/log 2>&1 || cat /srv/log
active updated
readlink /opt/remixd/current
sh /opt/remixd/current/systemd/rollback --yes >/srv/log 2>&1 || cat /srv/log
active 'rolled back'
readlink /opt/remixd/current
/usr/local/bin/remixd config check && echo 'command: there'
sh /opt/remixd/current/systemd/uninstall --yes >/srv/log 2>&1 || cat /srv/log
active uninstalled
ls /opt /etc/remixd /var/lib/remixd
if [ -d /srv/real ]; then
  rm -f /var/lib/remixd/latch.json
  cp /srv/real.json /etc/remixd/config.json
  sh /srv/real/systemd/install --yes >/srv/log 2>&1 || cat /srv/log
  systemctl start remixd
  sleep 8
  active 'the program itself'
  echo "says: $(systemctl show -p StatusText --value remixd)"
  remixd health --config /etc/remixd/config.json >/srv/log && echo 'health: alive'
  systemctl stop remixd
  echo "ended: $(systemctl show -p Result --value remixd), $(grep -o '"armed":[a-z]*' /var/lib/remixd/latch.json)"
fi
systemctl poweroff
INSIDE
printf '[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/bin/sh /srv/inside\n' >"$root/etc/systemd/system/inside.service"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../inside.service "$root/etc/systemd/system/multi-user.target.wants/"

# The container’s manager may do what the one of a computer may; the units are what is tried.
SYSTEMD_SECCOMP=0 SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes timeout 120 systemd-nspawn --directory "$root" --boot \
  --register=no --keep-unit --capability=all --console=pipe </dev/null >"$work/console" 2>&1 || true

cat >"$work/expected" <<'EXPECTED'
enabled: disabled
started: active active
/run/remixd remixd-gate:remixd 750
/run/remixd/gate.sock remixd-gate:remixd 660
controller: configuration EROFS
controller: file of the group yes
controller: gate connected
controller: kernel settings EROFS
controller: lines in /sys rw
controller: network ECONNREFUSED
controller: state allowed
gate: file refused
gate: network closed
off enable as remixd:remixd
off heater as remixd-gate:remixd
said: Watchdog timeout (limit 2s)
after a stall: active active
said: code=killed, status=9/KILL
after the gate was killed: active active
[ARMED]
updated: active active
releases/1.1.0
rolled back: active active
releases/1.0.0
command: there
uninstalled: inactive inactive
/etc/remixd:
config.json
gate.conf

/opt:

/var/lib/remixd:
latch.json
EXPECTED
[ "${REAL:-}" != 1 ] || cat >>"$work/expected" <<'EXPECTED'
the program itself: active active
says: armed
health: alive
ended: success, "armed":false
EXPECTED
[ -f "$root/srv/result" ] || { tail -n 20 "$work/console" >&2; exit 1; }
diff -u "$work/expected" "$root/srv/result"
