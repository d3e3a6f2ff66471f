#!/usr/bin/env bash
# Runs one step of the set-up quietly: one line when it starts, one when it ends, and in between a sign of life.
#
#   deploy/setup/step.sh NAME "what it does" "what to do when it fails" COMMAND [ARGUMENT...]
#
# The command's output goes to .stamps/NAME.log; its last lines are shown when it fails.
set -euo pipefail

name=$1 doing=$2 remedy=$3
shift 3
log=.stamps/$name.log
mkdir -p .stamps

newest_line() { # without colours and empty lines
  tail -n 5 "$log" | tr '\r' '\n' | sed $'s/\033\\[[0-9;]*m//g' | grep '[^[:space:]]' | tail -n 1 | cut -c1-90 || true
}

printf '[%s] %s ...\n' "$name" "$doing"
"$@" >"$log" 2>&1 </dev/null &
command=$!
trap 'kill "$command" 2>/dev/null || true; echo "[$name] stopped" >&2; exit 130' INT TERM

# `wait` alone would be silent for minutes: every 15 s say how long it has run, and its newest line.
next=15
while kill -0 "$command" 2>/dev/null; do
  sleep 0.2
  if ((SECONDS >= next)); then
    printf '[%s] %d s: %s\n' "$name" "$SECONDS" "$(newest_line)"
    next=$((next + 15))
  fi
done

if wait "$command"; then
  printf '[%s] ready in %d s\n' "$name" "$SECONDS"
else
  status=$?
  {
    printf '[%s] failed while %s; the end of %s:\n' "$name" "$doing" "$log"
    tail -n 15 "$log" | sed 's/^/    /'
    printf '[%s] what to do: %s\n' "$name" "$remedy"
  } >&2
  exit "$status"
fi
