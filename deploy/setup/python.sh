#!/usr/bin/env bash
# Makes .venv and puts Python packages into it, exactly those of the lock files (versions and hashes).
#
#   deploy/setup/python.sh venv      an empty .venv, if there is none
#   deploy/setup/python.sh runtime   what Canopy runs on, and Canopy itself (editable: `python -m backend` works anywhere)
#   deploy/setup/python.sh dev       what its tests and checks need
#   deploy/setup/python.sh node      Node.js and npm, unless PATH has Node.js 20.19 or newer with npm
set -euo pipefail
here=$(dirname "$0")
pip=(.venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off)

node_is_new_enough() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
}

case $1 in
  venv) [ -x .venv/bin/python ] || "$("$here/find-python.sh")" -m venv .venv ;;
  runtime)
    "${pip[@]}" --require-hashes -r requirements.txt
    "${pip[@]}" --no-deps -e .
    ;;
  dev) "${pip[@]}" --require-hashes -r requirements-dev.txt ;;
  node) node_is_new_enough || "${pip[@]}" --require-hashes -r "$here/requirements-node.txt" ;;
  *)
    echo "python.sh: unknown step '$1'; allowed: venv runtime dev node" >&2
    exit 2
    ;;
esac
