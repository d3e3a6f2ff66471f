"""`make demo`: starts the demo, says where it is and what to try, and ends all of it on Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import requests

from deploy.demo.ports import STATE, DemoError, Ports
from deploy.demo.stack import ROOT, DemoStack

WARM_UP_SECONDS = 50 * 5 + 30
"""Fifty samples, one every five seconds, and the first rates of new services."""
FIRST_POLL_SECONDS = 10


class StopSignal:
    """Becomes true at the first SIGINT, SIGTERM or SIGHUP; later ones change nothing: the stop is bounded."""

    def __init__(self) -> None:
        self._seen = False
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signum == signal.SIGHUP and signal.getsignal(signum) is signal.SIG_IGN:
                continue  # nohup has it ignored, and means it
            signal.signal(signum, self._note)

    def __call__(self) -> bool:
        return self._seen

    def _note(self, _signum: int, _frame: FrameType | None) -> None:
        # Only noted: an exception here could lose a process between its start and our knowing of it.
        self._seen = True


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument(
        "--base", type=Path, default=ROOT, help="the folder for all that the demo writes (the checkout)"
    )
    base = parser.parse_args(argv).base
    stop_signal = StopSignal()
    try:
        ports = Ports.from_environment(os.environ)
        stack = DemoStack(base, ports, say=_say, interrupted=stop_signal)
        with stack:
            if not stop_signal():
                _say(_welcome(stack))
            stack.watch()
            _say("\nstopping ...")
    except DemoError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    _say("everything stopped; `make demo` goes on where this one ended, `make clean-data` begins anew")
    return 0


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody reads any more: no reason to leave processes behind
        print(line, flush=True)


def _welcome(stack: DemoStack) -> str:
    return "\n".join(
        (
            "",
            f"  Canopy is at      {stack.canopy_url}",
            f"  Models            {_models(stack.canopy_url)}",
            "  Break something:  make fault FAULT=latency SERVICE=payment-service   (in another terminal)",
            f"  Logs are in       {STATE / 'logs'}/ and logs/",
            "  Ctrl-C stops every process that this command started.",
            "",
        )
    )


def _models(canopy_url: str) -> str:
    """When the models are ready, as far as Canopy knows after its first poll."""
    items: list[dict[str, Any]] = []
    try:
        deadline = time.monotonic() + FIRST_POLL_SECONDS
        while requests.get(f"{canopy_url}/overview", timeout=5).json()["timestamp"] is None:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        items = requests.get(f"{canopy_url}/models", timeout=5).json()["items"]
    except (requests.RequestException, ValueError, KeyError):
        pass  # the estimate below is good enough for one line of text
    if items and all(item["state"] == "ready" for item in items):
        return "are ready"
    etas = [datetime.fromisoformat(item["eta"]).timestamp() for item in items if item["eta"]]
    ready_at = max(etas, default=time.time() + WARM_UP_SECONDS)
    clock = time.strftime("%H:%M:%S", time.localtime(ready_at))
    return f"are ready about {clock}; the screen shows have, need and ETA"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
