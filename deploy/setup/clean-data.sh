#!/usr/bin/env bash
# Removes all that Canopy and the demo have stored in the working directory, after listing it.
#
#   deploy/setup/clean-data.sh      at a terminal it asks first
set -euo pipefail
shopt -s nullglob

# canopy-backup.db and other names that an operator chose are not ours.
found=()
for path in datasets models logs .demo canopy.db* canopy-logs.db*; do
  if [ -e "$path" ]; then found+=("$path"); fi
done
if [ ${#found[@]} -eq 0 ]; then
  echo "make clean-data: there is no data here"
  exit 0
fi

# A running Canopy holds this file locked.
if [ -e datasets/.in-use ] && command -v flock >/dev/null && ! flock -n datasets/.in-use true; then
  echo "make clean-data: Canopy runs here (process $(cat datasets/.in-use)); stop it first" >&2
  exit 1
fi

echo "Readings, models, incidents and logs in $PWD:"
du -sh -- "${found[@]}"
if [ -t 0 ]; then
  read -rp "Remove all of it? [y/N] " answer
  if [ "$answer" != y ]; then
    echo "nothing was removed"
    exit 1
  fi
fi
rm -r -- "${found[@]}"
echo "removed"
