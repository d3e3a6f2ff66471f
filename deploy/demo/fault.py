"""`make fault`: starts or stops a fault in one of the running demo's services."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

import requests

from deploy.demo.ports import Ports
from deploy.demo.stack import ROOT, SERVICES

FAULTS = {
    "latency": "a report holds the tables that requests need",
    "cpu": "a background calculation runs wild",
    "heap": "a cache grows without bound",
    "errors": "a half-done migration fails requests",
    "dependency": "its downstream calls hang",
}


def main(argv: Sequence[str]) -> int:
    options = _parse(argv)
    problems = _problems(options)
    if problems:
        print("\n".join(f"make fault: {problem}" for problem in problems), file=sys.stderr)
        return 2
    try:
        print(_switch(options))
    except FaultRefusedError as error:
        print(f"make fault: {error}", file=sys.stderr)
        return 1
    return 0


class FaultRefusedError(Exception):
    """The service did not do it; the message says why and what to do."""


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.fault", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("fault")
    parser.add_argument("--duration", help="how long, as 90s or 2m (default: until it is stopped)")
    parser.add_argument("--stop", action="store_true", help="stop it instead")
    return parser.parse_args(argv)


def _problems(options: argparse.Namespace) -> list[str]:
    problems = []
    if options.service not in SERVICES:
        problems.append(f"SERVICE: found {options.service!r}; allowed: {', '.join(SERVICES)}")
    if options.fault not in FAULTS:
        allowed = ", ".join(f"{name} ({what})" for name, what in FAULTS.items())
        problems.append(f"FAULT: found {options.fault!r}; allowed: {allowed}")
    if options.duration and not re.fullmatch(r"0*[1-9]\d*(ms|s|m|h)", options.duration):
        problems.append(f"DURATION: found {options.duration!r}; allowed: a duration such as 90s or 2m")
    return problems


def _switch(options: argparse.Namespace) -> str:
    """Ask the service; returns what happened, raises FaultRefusedError."""
    ports = Ports.read(ROOT)
    port = dict(zip(SERVICES, (ports.order, ports.payment, ports.inventory), strict=True))[options.service]
    address = f"http://127.0.0.1:{port}/faults/{options.fault}"
    body = {"duration": options.duration} if options.duration else None
    try:
        answer = (
            requests.delete(address, timeout=10)
            if options.stop
            else requests.post(address, json=body, timeout=10)
        )
    except requests.ConnectionError:
        raise FaultRefusedError(
            f"nothing answers on port {port}: the demo is not running; start it with: make demo"
        ) from None
    except requests.Timeout:
        raise FaultRefusedError(
            f"{options.service} did not answer within 10 s; a fault may be at work"
        ) from None
    if not answer.ok:
        raise FaultRefusedError(f"{options.service} refused ({answer.status_code}): {answer.text[:300]}")
    if options.stop:
        return f"{options.service}: {options.fault} stopped"
    end = f"for {options.duration}" if options.duration else "until you stop it"
    return (
        f"{options.service}: {FAULTS[options.fault]}, {end}; watch http://localhost:{ports.canopy}\n"
        f"stop it with: make fault SERVICE={options.service} FAULT={options.fault} STOP=1"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
