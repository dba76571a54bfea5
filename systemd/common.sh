# shellcheck shell=sh disable=SC2034,SC1112
# What install, rollback and uninstall share. Sourced, never run.

ROOT=''
DRY=no
YES=no
SYSTEMCTL=${SYSTEMCTL:-}
WAS_ACTIVE=''
# What is installed must be readable by the services’ accounts, whatever root’s own habit is.
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

# run COMMAND...: prints the command, and with --dry-run leaves it at that.
run() {
  say "  $*"
  [ "$DRY" = yes ] || "$@"
}

# Options that all three scripts know; the rest is left to the script. Sets TAKEN to the number of arguments used.
common_option() {
  TAKEN=1
  case $1 in
    --root)
      [ $# -ge 2 ] || fail USAGE '--root' 'it needs a folder' 'Write --root DIR.'
      case $2 in
        /?*) ROOT=${2%/} ;;
        *) fail USAGE "--root $2" 'it must be an absolute path other than /' 'Leave it out to work on this computer.' ;;
      esac
      TAKEN=2
      ;;
    --dry-run) DRY=yes ;;
    --yes) YES=yes ;;
    *) fail USAGE "$1" 'there is no such option' "$(basename "$0") --help lists the options." ;;
  esac
}

# Places. With --root everything lies below that folder, and this computer’s services are left alone.
places() {
  OPT=$ROOT/opt/remixd
  ETC=$ROOT/etc/remixd
  STATE=$ROOT/var/lib/remixd
  UNITS=$ROOT/etc/systemd/system
  SYSUSERS=$ROOT/etc/sysusers.d/remixd.conf
  WRAPPER=$ROOT/usr/local/bin/remixd
}

need_root() {
  [ -n "$ROOT" ] && return
  [ "$DRY" = yes ] && return
  [ "$(id -u)" = 0 ] || fail NOT_ROOT 'Only root may do this' 'it writes to /opt, /etc and the service manager' "Run: sudo $0"
}

# Asks once before anything changes. Without a terminal nobody can answer, so --yes is needed there.
confirm() {
  [ "$DRY" = yes ] && { say 'Dry run: nothing is changed.'; return; }
  [ "$YES" = yes ] && return
  [ -t 0 ] || fail NOT_CONFIRMED 'Nobody to ask' 'standard input is no terminal' 'Add --yes once --dry-run shows what you want.'
  printf '%s [y/N] ' "$1"
  read -r answer
  case $answer in
    y | Y | yes) ;;
    *) say 'Nothing was changed.'; exit 1 ;;
  esac
}

# The service manager; below --root only a stand-in named by SYSTEMCTL is ever called.
service() {
  if [ -n "$ROOT" ] && [ -z "$SYSTEMCTL" ]; then
    say "  (below --root) systemctl $*"
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
    fail BY_HAND 'A controller that was started by hand is running' "process $owner has locked $STATE" 'End it first.'
  fi
  if [ -f "$latch" ] && ! grep -q '"armed" *: *true' "$latch"; then return 0; fi
  fail ARMED 'A run is armed' "$latch does not say that it is disarmed, and remixd.service is active" \
    'Disarm first, or: sudo systemctl stop remixd (ends the run, heater off).'
}

# Both services down, the controller first, and both lines low, before any file is touched.
stop_services() {
  WAS_ACTIVE=''
  trap unfinished EXIT
  for unit in remixd.service remixd-gate.service; do
    # Started again in the opposite order. A unit that waits to be restarted is not active, and is stopped all the same.
    if is_active "$unit"; then WAS_ACTIVE="$unit $WAS_ACTIVE"; fi
    # One that is not known yet cannot be stopped, and need not be.
    service stop "$unit" || true
    [ "$DRY" = yes ] && continue
    if is_active "$unit" || is_between "$unit"; then
      fail STILL_ACTIVE "$unit does not stop" 'the service manager reports it as active' "Read: journalctl -u $unit"
    fi
  done
  off=$OPT/current/gate/remixd-off
  if [ -z "$ROOT" ] && [ -x "$off" ] && [ -f "$ETC/gate.conf" ] && ls /dev/gpiochip* >/dev/null 2>&1; then
    run "$off" --limits "$ETC/gate.conf" --line all || fail NOT_OFF 'The lines could not be lowered' \
      "$off failed" 'Take the heater’s supply away, then look at the message above.'
  fi
}

start_again() {
  for unit in $WAS_ACTIVE; do service start "$unit"; done
}

# Says where things stand when a step between stopping and starting fails.
unfinished() {
  [ $? = 0 ] && return
  say "Not finished. The services were told to stop and are not started again; current is $(target "$OPT/current")." >&2
  say 'When the cause above is cured, run the script again.' >&2
}

# point LINK TARGET: a link is replaced in one step, so there is never a moment without it.
point() {
  run ln -sfn "$2" "$1.new"
  run mv -T "$1.new" "$1"
}

# What a link points to, or nothing.
target() { readlink "$1" 2>/dev/null || true; }
