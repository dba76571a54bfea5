# shellcheck shell=sh disable=SC2034,SC1112
# Shared by install, rollback and uninstall. Sourced, never run.

ROOT=''
DRY=no
YES=no
SYSTEMCTL=${SYSTEMCTL:-}
WAS_ACTIVE=''
# Installed files must be readable by the service accounts, whatever root’s own umask is.
umask 022

say() { printf '%s\n' "$*"; }

# fail CODE WHAT CAUSE REMEDY: every error has a code, a cause and a remedy. Exit code 1: nothing was changed.
fail() {
  {
    printf '%s   [%s]\n' "$2" "$1"
    printf '    cause    %s\n    remedy   %s\n' "$3" "$4"
  } >&2
  exit 1
}

# run COMMAND...: prints the command and runs it; with --dry-run it is only printed.
run() {
  say "  $*"
  [ "$DRY" = yes ] || "$@"
}

# Options of all three scripts. Sets TAKEN to the number of arguments used.
common_option() {
  TAKEN=1
  case $1 in
    --root)
      [ $# -ge 2 ] || fail USAGE '--root' 'the folder is missing' 'Write --root DIR.'
      case $2 in
        /?*) ROOT=${2%/} ;;
        *) fail USAGE "--root $2" 'the path must be absolute and not /' 'Write an absolute path, or leave out --root to install on this computer.' ;;
      esac
      TAKEN=2
      ;;
    --dry-run) DRY=yes ;;
    --yes) YES=yes ;;
    *) fail USAGE "$1" 'this option does not exist' "Run $(basename "$0") --help for the options." ;;
  esac
}

# Places. With --root everything lies below that folder, and this computer’s services are left alone.
places() {
  OPT=$ROOT/opt/remixd
  ETC=$ROOT/etc/remixd
  STATE=$ROOT/var/lib/remixd
  UNITS=$ROOT/etc/systemd/system
  SYSUSERS=$ROOT/etc/sysusers.d/remixd.conf
  UDEV=$ROOT/etc/udev/rules.d/60-remixd.rules
  WRAPPER=$ROOT/usr/local/bin/remixd
}

need_root() {
  [ -n "$ROOT" ] && return
  [ "$DRY" = yes ] && return
  [ "$(id -u)" = 0 ] || fail NOT_ROOT 'This script must run as root' 'it writes to /opt and /etc and controls services' "Run: sudo $0"
}

# Asks once before anything changes. Without a terminal --yes is required.
confirm() {
  [ "$DRY" = yes ] && { say 'Dry run: nothing will be changed.'; return; }
  [ "$YES" = yes ] && return
  [ -t 0 ] || fail NOT_CONFIRMED 'Not confirmed' 'standard input is not a terminal' 'Check the output of --dry-run, then add --yes.'
  printf '%s [y/N] ' "$1"
  read -r answer
  case $answer in
    y | Y | yes) ;;
    *) say 'Nothing was changed.'; exit 1 ;;
  esac
}

# The service manager; with --root only a substitute named by SYSTEMCTL is called.
service() {
  if [ -n "$ROOT" ] && [ -z "$SYSTEMCTL" ]; then
    say "  (skipped with --root) systemctl $*"
    return 0
  fi
  run "${SYSTEMCTL:-systemctl}" "$@"
}

is_active() {
  [ -n "$ROOT" ] && [ -z "$SYSTEMCTL" ] && return 1
  "${SYSTEMCTL:-systemctl}" is-active --quiet "$1"
}

# Starting, stopping, or waiting to be started again.
is_between() {
  [ -n "$ROOT" ] && [ -z "$SYSTEMCTL" ] && return 1
  case $("${SYSTEMCTL:-systemctl}" is-active "$1" 2>/dev/null) in
    activating | deactivating | reloading | refreshing) return 0 ;;
    *) return 1 ;;
  esac
}

# The state folder’s record says whether a run is armed at this moment; it is on disk before anything is energised.
refuse_while_armed() {
  latch=$STATE/latch.json
  owner=$(cut -d' ' -f1 "$STATE/lock" 2>/dev/null || true)
  if ! is_active remixd.service; then
    [ -n "$owner" ] && [ -d "/proc/$owner" ] || return 0
    fail BY_HAND 'A controller that was started by hand is running' "process $owner has locked $STATE" "Stop it first: kill $owner (heater off)."
  fi
  # The record is made when a bench is armed for the first time, before anything is energised.
  if [ ! -e "$latch" ]; then return 0; fi
  if [ -f "$latch" ] && ! grep -q '"armed" *: *true' "$latch"; then return 0; fi
  fail ARMED 'A run is armed' "remixd.service is active, and $latch is not disarmed" \
    'Disarm the run, or: sudo systemctl stop remixd (ends the run, heater off).'
}

# Stops both services, the controller first, and sets both lines low before any file is touched.
stop_services() {
  WAS_ACTIVE=''
  trap unfinished EXIT
  for unit in remixd.service remixd-gate.service; do
    # Started again in the reverse order. A unit that waits for a restart is not active, but must be stopped too.
    if is_active "$unit"; then WAS_ACTIVE="$unit $WAS_ACTIVE"; fi
    # A unit that is not installed yet cannot and need not be stopped.
    if [ ! -e "$UNITS/$unit" ] && [ "$DRY" = no ]; then continue; fi
    service stop "$unit" || true
    [ "$DRY" = yes ] && continue
    if is_active "$unit" || is_between "$unit"; then
      fail STILL_ACTIVE "$unit did not stop" 'the service manager reports it as active' "Read its log: journalctl -u $unit"
    fi
  done
  off=$OPT/current/gate/remixd-off
  if [ -z "$ROOT" ] && [ -x "$off" ] && [ -f "$ETC/gate.conf" ] && ls /dev/gpiochip* >/dev/null 2>&1; then
    run "$off" --limits "$ETC/gate.conf" --line all || fail NOT_OFF 'The heater lines could not be set low' \
      "$off failed" 'Disconnect the heater supply, then read the message above.'
  fi
}

start_again() {
  for unit in $WAS_ACTIVE; do service start "$unit"; done
}

# Reports the state when a step between stopping and starting fails.
unfinished() {
  [ $? = 0 ] && return
  say "Not finished. The services were stopped and not started again; the current release is $(target "$OPT/current")." >&2
  say 'Fix the cause above, then run the script again.' >&2
}

# point LINK TARGET: replaces a link in one step, so that it always exists.
point() {
  run ln -sfn "$2" "$1.new"
  run mv -T "$1.new" "$1"
}

# What a link points to, or nothing.
target() { readlink "$1" 2>/dev/null || true; }
