#!/usr/bin/env bash
# Finds, or installs through apt, the system packages that a goal needs. What is there already is left alone.
#
#   deploy/setup/system.sh PART...      PART: python java prometheus browser nginx
#
# Node.js is not among them: where it is missing or too old, python.sh puts it into .venv.
set -euo pipefail
here=$(dirname "$0")

missing=()  # apt packages
brews=()    # the same for Homebrew

need() { # need "apt package ..." "brew formula ..."
  read -ra apt <<<"$1"
  read -ra brew <<<"$2"
  missing+=("${apt[@]}")
  brews+=("${brew[@]}")
}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

available() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v none)" ]; }

java_version() { # the major version of the JDK that Maven would use, 0 without one
  local javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
  { "$javac" -version 2>&1 || true; } | sed -nE 's/^javac ([0-9]+).*/\1/p' | grep . || echo 0
}

look() { # look PART: fills `missing` with what the part lacks
  case $1 in
    python)
      if ! "$here/find-python.sh" >/dev/null; then
        if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
          need python3-venv python@3.11
        else
          need "python3 python3-venv" python@3.11
        fi
      fi
      ;;
    java)
      if (($(java_version) < 17)); then need openjdk-17-jdk-headless openjdk@17; fi
      has mvn || need maven maven
      ;;
    prometheus) has prometheus && has promtool || need prometheus prometheus ;;
    browser) has chromium || need chromium chromium ;;
    nginx)
      has nginx || need nginx-light nginx
      has openssl || need openssl openssl
      has htpasswd || need apache2-utils httpd
      ;;
    *)
      echo "system.sh: unknown part '$1'; allowed: python java prometheus browser nginx" >&2
      exit 2
      ;;
  esac
}

substitute() { # releases differ in names: Debian 13 has no JDK 17, Ubuntu 22.04 has Python 3.11 beside 3.10
  local package
  for package in "${missing[@]}"; do
    case $package in
      openjdk-17-jdk-headless) available "$package" || package=default-jdk-headless ;;
      python3) package=$(apt_python) ;;
      python3-venv) if [ "$(apt_python)" != python3 ]; then package=$(apt_python)-venv; fi ;;
    esac
    echo "$package"
  done
}

apt_python() { # python3 where the release's own is new enough, else python3.11
  local version
  version=$(apt-cache policy python3 2>/dev/null | sed -n 's/^ *Candidate: *3\.\([0-9]*\).*/\1/p')
  if [ "${version:-11}" -ge 11 ]; then echo python3; else echo python3.11; fi
}

for part in "$@"; do look "$part"; done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  if [ "$(uname)" = Darwin ]; then
    echo "[system] missing; install with: brew install ${brews[*]}" >&2
  else
    echo "[system] missing, and there is no apt here; install what your system calls: ${missing[*]}" >&2
  fi
  exit 1
fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  sudo=(sudo -n)
  if ! sudo -n true 2>/dev/null; then
    mapfile -t packages < <(substitute)
    echo "[system] missing; install with: sudo apt-get install -y --no-install-recommends ${packages[*]}" >&2
    exit 1
  fi
fi

apt="${sudo[*]} env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300"
"$here/step.sh" apt-lists "reading the lists of packages" "check the network and /etc/apt/sources.list" \
  $apt update
mapfile -t packages < <(substitute)
"$here/step.sh" system "installing ${packages[*]}" "run: sudo apt-get install ${packages[*]}" \
  $apt install -y --no-install-recommends "${packages[@]}"

if [[ " ${packages[*]} " == *" prometheus "* ]] && [ -d /run/systemd/system ]; then
  echo "[system] note: Debian also started Prometheus as a service on port 9090. Canopy's demo runs its own on 9190;" \
    "sudo systemctl disable --now prometheus stops the other"
fi
