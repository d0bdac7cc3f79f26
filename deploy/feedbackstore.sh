#!/bin/sh
# Every command of the store, as the service's user and with the service's settings:
#
#   sudo feedbackstore keys create --name Ada --scopes review
#   sudo feedbackstore export-jsonl > train.jsonl
set -eu

user=feedbackstore
settings=/etc/feedbackstore/feedbackstore.env

if [ "$(id -un)" != "$user" ] && [ "$(id -u)" != 0 ]; then
  echo "feedbackstore: it takes the store's user: sudo feedbackstore $*" >&2
  exit 1
fi

export FEEDBACKSTORE_DATABASE_URL=sqlite:////var/lib/feedbackstore/feedback.db
export SHIV_ROOT=/var/cache/feedbackstore
export FEEDBACKSTORE_PROGRAM="sudo feedbackstore"
# NAME=value, as systemd reads it.
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    '' | '#'* | ';'*) ;;
    [A-Z]*=\"*\") value=${line#*=\"} && export "${line%%=*}=${value%\"}" ;;
    [A-Z]*=*) export "${line?}" ;;
  esac
done 2>/dev/null <"$settings" || true

umask 077
set -- /opt/feedbackstore/feedbackstore.pyz "$@"
if [ "$(id -u)" = 0 ]; then
  # The environment goes along, but not whose it was.
  set -- setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs env HOME=/var/lib/feedbackstore "$@"
fi
exec "$@"
