#!/usr/bin/env bash
# Prints the first Python on PATH that can make the virtual environment: 3.11 or newer, with venv. PYTHON= overrides.
set -euo pipefail
for python in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14; do
  if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "$python"
    exit 0
  fi
done
exit 1
