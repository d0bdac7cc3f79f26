#!/bin/sh
# Install feedbackstore on this machine as a service, or bring it up to date. It asks nothing, and can
# be run again and again.
#
#   sudo ./install.sh [feedbackstore.pyz]   install, or upgrade; the former file stays as
#                                           /opt/feedbackstore/feedbackstore.pyz.previous
#   sudo ./install.sh --uninstall           remove it; what was stored stays
#   sudo ./install.sh --uninstall --purge   remove it, and everything that was stored, with backups
#   ./install.sh --root DIR …               do so below DIR, with no user made and nothing started
#
# Without a name, the file is looked for beside this script, and in ../dist.
set -eu
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=feedbackstore
action=install
purge=no
root=
pyz=

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
}

while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    --root)
      [ $# -ge 2 ] || fail "--root wants a directory: --root DIR"
      root=$2
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) fail "there is no option $1; --help lists them" ;;
    *)
      [ -z "$pyz" ] || fail "one file is needed, not two: $pyz and $1"
      pyz=$1
      ;;
  esac
  shift
done
[ "$purge" = no ] || [ "$action" = uninstall ] || fail "--purge goes with --uninstall"
if [ -n "$root" ]; then
  mkdir -p -- "$root"
  root=$(CDPATH='' cd -- "$root" && pwd)
elif [ "$(id -u)" != 0 ]; then
  fail "it takes root: sudo $0 (or --root DIR for a trial)"
fi

program=$root/opt/$name
settings=$root/etc/$name
units=$root/etc/systemd/system
command=$root/usr/local/bin/$name
data=$root/var/lib/$name
cache=$root/var/cache/$name

# Where systemd is process 1, and this is about the machine itself.
systemd_runs() {
  [ -z "$root" ] && [ -d /run/systemd/system ]
}

# One file put in place whole, under a name that others may have open.
put() {
  cp -- "$1" "$3.new"
  chmod "$2" "$3.new"
  mv -f -- "$3.new" "$3"
}

own() {
  [ -n "$root" ] || chown "$@"
}

find_pyz() {
  for found in "$pyz" "$here/$name.pyz" "$here/../dist/$name.pyz"; do
    [ -n "$found" ] || continue
    if [ -f "$found" ]; then
      pyz=$found
      return
    fi
    [ "$found" != "$pyz" ] || break
  done
  fail "there is no ${pyz:-$name.pyz}. Name the file: $0 PATH/$name.pyz"
}

check_python() {
  [ -z "$root" ] || return 0
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed as python3. Install it, then run this again."
  python3 -m zipfile -l "$pyz" >/dev/null 2>&1 ||
    fail "$pyz is no $name.pyz, or was not copied whole. Fetch it again."
}

make_user() {
  [ -z "$root" ] || return 0
  ! id -u "$name" >/dev/null 2>&1 || return 0
  # The group may be there from before, or because the proxy's user was put into it first.
  getent group "$name" >/dev/null || groupadd --system "$name"
  useradd --system --gid "$name" --home-dir "/var/lib/$name" --no-create-home \
    --shell /usr/sbin/nologin "$name"
}

place_program() {
  mkdir -p -- "$program"
  if [ -f "$program/$name.pyz" ] && ! cmp -s -- "$pyz" "$program/$name.pyz"; then
    put "$program/$name.pyz" 755 "$program/$name.pyz.previous"
  fi
  put "$pyz" 755 "$program/$name.pyz"
  put "$here/nightly.sh" 755 "$program/nightly.sh"
  for file in Caddyfile nginx.conf litestream.yml; do
    put "$here/$file" 644 "$program/$file"
  done
  mkdir -p -- "$(dirname -- "$command")"
  put "$here/feedbackstore.sh" 755 "$command"
}

place_units() {
  mkdir -p -- "$units"
  for unit in $name.service $name-nightly.service $name-nightly.timer; do
    put "$here/$unit" 644 "$units/$unit"
  done
}

place_settings() {
  mkdir -p -- "$settings" "$data" "$cache"
  chmod 700 "$data" "$cache"
  own "$name:$name" "$data" "$cache"
  [ -e "$settings/$name.env" ] || put "$here/$name.env" 640 "$settings/$name.env"
  own "root:$name" "$settings/$name.env"
}

start() {
  if ! systemd_runs; then
    echo "systemd does not run here: the units are in $units, nothing was started."
    return
  fi
  systemctl daemon-reload
  systemctl enable --quiet $name.service $name-nightly.timer
  systemctl start $name-nightly.timer
  systemctl restart $name.service ||
    fail "it is installed, but does not start. See: journalctl -u $name -n 50"
  echo "$name.service runs, $name-nightly.timer waits for the night."
}

say_next() {
  cat <<END

The store is $data/feedback.db; its settings are in $settings/$name.env.
What comes next:

  1. Read the first key, keep it elsewhere, and remove its file:
       sudo cat $data/first-key && sudo rm $data/first-key
  2. Put a proxy with TLS in front: $program/Caddyfile or nginx.conf, with your name in it.
     Let it in to the socket: sudo usermod -aG $name caddy (www-data for nginx), and restart it.
  3. Look whether all is well: sudo $name doctor
END
}

install_all() {
  find_pyz
  check_python
  make_user
  place_program
  place_units
  place_settings
  start
  say_next
}

remove_units() {
  if systemd_runs; then
    systemctl disable --quiet --now $name.service $name-nightly.timer 2>/dev/null || true
    systemctl stop $name-nightly.service 2>/dev/null || true
    systemctl reset-failed $name.service $name-nightly.service 2>/dev/null || true
  fi
  rm -f -- "$units/$name.service" "$units/$name-nightly.service" "$units/$name-nightly.timer"
  ! systemd_runs || systemctl daemon-reload
}

# Directories that were made for it go too, as far as nothing else is in them.
remove_empty() {
  for directory in "$@"; do
    rmdir -- "$directory" 2>/dev/null || true
  done
}

remove_user() {
  id -u "$name" >/dev/null 2>&1 || return 0
  # With the proxy in it, the group would stay.
  gpasswd --members '' "$name"
  userdel "$name"
  ! getent group "$name" >/dev/null || groupdel "$name"
}

uninstall_all() {
  remove_units
  rm -rf -- "$program" "$cache"
  rm -f -- "$command"
  if [ "$purge" = no ]; then
    echo "What was stored is kept: $data. Its settings too: $settings"
    return
  fi
  rm -rf -- "$data" "$settings"
  rm -f -- "$root/var/lib/systemd/timers/stamp-$name-nightly.timer"
  if [ -z "$root" ]; then
    remove_user
  else
    remove_empty "$units" "$root/etc/systemd" "$root/etc" "$root/opt" "$root/usr/local/bin" \
      "$root/usr/local" "$root/usr" "$root/var/lib" "$root/var/cache" "$root/var"
  fi
  echo "$name is removed, with everything that was stored."
}

"${action}_all"
