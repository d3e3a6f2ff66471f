#!/usr/bin/env bash
# Removes the readings that are older than so many days from Canopy's datasets. Canopy may go on running.
#
#   deploy/trim-datasets.sh DATASETS DAYS        for example: deploy/trim-datasets.sh /var/lib/canopy/datasets 30
#
# Keep at least training.window (two days by default): models learn from what is left. Run it as Canopy's user.
# It needs flock and GNU date, which every Linux has.
set -euo pipefail

if [ $# -ne 2 ] || ! [[ $2 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: $0 DATASETS DAYS (a whole number)" >&2
  exit 2
fi
datasets=$1
if [ ! -e "$datasets/.lock" ]; then
  echo "$0: $datasets is no datasets folder of Canopy" >&2
  exit 2
fi
from=$(date -u -d "$2 days ago" +%Y-%m-%dT%H:%M:%SZ)

# Times in RFC 3339 and UTC sort as text. The new file takes the old one's place whole, with its owner and mode.
cut_file() {
  local new="$1.trimmed"
  cp --preserve=all "$1" "$new"
  awk -F, -v from="$from" 'NR == 1 || $1 >= from' "$1" >"$new"
  if cmp -s "$1" "$new"; then rm "$new"; else sync "$new" && mv "$new" "$1"; fi
}

# Canopy takes the same lock for each write: file by file, so that a poll never waits for more than one.
find "$datasets" -mindepth 3 -maxdepth 3 -type f -name '*.csv' -print0 |
  while IFS= read -rd '' file; do
    { flock 9; cut_file "$file"; } 9>>"$datasets/.lock"
  done
du -sh "$datasets"
