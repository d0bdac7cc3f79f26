#!/bin/sh
# A backup, a look at the store and its machine, and a dataset: each is done whatever becomes of the
# others, and the exit status is 1 where one of them failed. For a timer or cron, as the store's user.
#
#   NIGHTLY_BACKUPS_IN  where the backups go (backups, beside the database)
#   NIGHTLY_KEEP        how many of them stay (14)
#   NIGHTLY_EXPORT_TO   where the dataset goes, "off" for none (exports/nightly, beside the database)
#   NIGHTLY_EXPORT      options of export-jsonl, such as --format trl-preference --status approved
set -u
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
program=${FEEDBACKSTORE:-$here/feedbackstore.pyz}
backups=${NIGHTLY_BACKUPS_IN:-backups}
dataset=${NIGHTLY_EXPORT_TO:-exports/nightly}
status=0

run() {
  "$program" "$@" && return
  echo "nightly: failed with exit status $?: feedbackstore $*" >&2
  status=1
}

run_in() {
  # Its first word is the directory that has to be there.
  if mkdir -p -- "$1"; then
    shift
    run "$@"
  else
    status=1
  fi
}

run_in "$backups" backup "$backups" --keep "${NIGHTLY_KEEP:-14}"
run doctor --backups "$backups"
if [ "$dataset" != off ]; then
  # shellcheck disable=SC2086 # several options, with spaces between
  run_in "$(dirname -- "$dataset")" export-jsonl "$dataset/" --overwrite ${NIGHTLY_EXPORT:-}
fi
exit "$status"
