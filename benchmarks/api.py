"""What the API answers in a second, and how soon: ours and a naive build's, idle and while polls go on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

import numpy as np

from benchmarks.made_up import CATALOGUE, STEP

STREAMS = 100
OPERATORS = 100
_CONNECTIONS = 4
_SECONDS = 6.0
"""How long each call is asked for."""
_OFTEN = 1.0
"""Seconds between polls that come fifteen times as often as shipped, so that most requests meet one."""
_TURNS = 2
_TURN_SECONDS = 30
"""How long operators ask in each state, a turn: two polls as shipped."""
_SERVICE = "service-0"
_PATHS = {
    "naive_metrics": f"/naive/metrics?service={_SERVICE}",
    "metrics": f"/metrics?service={_SERVICE}",
    "overview_page": "/overview?limit=100",
    "models_page": "/models?limit=100",
    "services": "/services",
    "incidents": "/incidents",
    "history": f"/metrics/history?service={_SERVICE}&metric=lat",
}
_LARGE = {"overview": "/overview", "models": "/models", "exposition": "/metrics"}
"""Answers of megabytes, asked for one after another."""


def measure(pairs: int) -> dict[str, Any]:
    """Requests a second and milliseconds, STREAMS event streams open, ``pairs`` polled each second or not."""
    with _server(pairs) as (port, commands, answers):
        result: dict[str, Any] = {"pairs": pairs, "streams": STREAMS, "operators": OPERATORS}
        services = -(-pairs // len(CATALOGUE))
        result |= asyncio.run(_phase(port, "idle"))
        _tell(commands, answers, f"{_OFTEN}")
        result |= asyncio.run(_phase(port, "polling"))
        result["poll_seconds_mean"] = _tell(commands, answers, "off")
        result |= operators_in_turn(port, services, partial(_tell, commands, answers))
    for state in ("idle", "polling"):
        result[f"metrics_ratio_{state}"] = (
            result[f"metrics_per_second_{state}"] / result[f"naive_metrics_per_second_{state}"]
        )
    return result


def operators_in_turn(port: int, services: int, tell: Callable[[str], float]) -> dict[str, float]:
    """What operators wait without polls, with polls as shipped and with one a second.

    In turn, because other work on the machine comes and goes; ``tell`` tells the server what to do.
    """
    took: dict[str, list[float]] = {"no_polls": [], "shipped_polls": [], "often_polls": []}
    for turn in range(_TURNS):
        for (state, waits), command in zip(took.items(), ("off", f"{STEP}", f"{_OFTEN}"), strict=True):
            _say(f"operators, turn {turn + 1} of {_TURNS}: {state}")
            tell(command)
            waits += asyncio.run(_watched(port, services))
            tell("off")
    found: dict[str, float] = {}
    for state, waits in took.items():
        found |= _percentiles(f"operators_{state}", waits)
    for state in ("shipped", "often"):
        found[f"metrics_p99_ratio_{state}"] = (
            found[f"operators_{state}_polls_p99_ms"] / found["operators_no_polls_p99_ms"]
        )
    return found


async def _watched(port: int, services: int) -> list[float]:
    """A turn of the operators, with the event streams open."""
    streams = [asyncio.create_task(_listen(port)) for _ in range(STREAMS)]
    took = await _operators(port, services, _TURN_SECONDS)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return took


def _tell(commands: IO[str], answers: IO[str], command: str) -> float:
    commands.write(command + "\n")
    commands.flush()
    return float(answers.readline())


@contextmanager
def _server(pairs: int) -> Iterator[tuple[int, IO[str], IO[str]]]:
    """The port of one that runs in a process of its own, and how it is told to poll."""
    _say(f"growing {pairs} pairs")
    command = [sys.executable, "-m", "benchmarks.api_server", str(pairs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.stdin, process.stdout
        process.stdin.close()


async def _phase(port: int, state: str) -> dict[str, float]:
    """Every figure of one state, its name at the end of each key."""
    streams = [asyncio.create_task(_listen(port)) for _ in range(STREAMS)]
    found: dict[str, float] = {}
    for name, path in _PATHS.items():
        _say(f"{state}: {name}")
        took = await _crowd(port, path, _CONNECTIONS, _SECONDS)
        found |= {f"{name}_per_second": len(took) / _SECONDS} | _percentiles(name, took)
    for name, path in _LARGE.items():
        took = await _crowd(port, path, 1, _SECONDS)
        found[f"{name}_p50_ms"] = _percentiles(name, took)[f"{name}_p50_ms"]
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return {f"{name}_{state}": figure for name, figure in found.items()}


def _percentiles(name: str, took: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(np.array(took) * 1000, [50, 99])
    return {f"{name}_p50_ms": float(p50), f"{name}_p99_ms": float(p99)}


async def _crowd(port: int, path: str, connections: int, seconds: float) -> list[float]:
    """What each request took, in seconds; each connection asks again as soon as it is answered."""
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def ask_on(ask: Callable[[], Awaitable[None]]) -> None:
        while (begun := time.perf_counter()) < until:
            await ask()
            took.append(time.perf_counter() - begun)

    await asyncio.gather(*[_connected(port, path, ask_on) for _ in range(connections)])
    return took


async def _operators(port: int, services: int, seconds: int) -> list[float]:
    """OPERATORS who each ask for a service's metrics once a second, at moments of their own."""
    took: list[float] = []

    async def operate(number: int) -> None:
        async def ask_now_and_then(ask: Callable[[], Awaitable[None]]) -> None:
            await asyncio.sleep(number / OPERATORS)
            for _ in range(seconds):
                begun = time.perf_counter()
                await ask()
                took.append(time.perf_counter() - begun)
                await asyncio.sleep(1.0 - (time.perf_counter() - begun))

        await _connected(port, f"/metrics?service=service-{number % services}", ask_now_and_then)

    await asyncio.gather(*[operate(number) for number in range(OPERATORS)])
    return took


async def _connected(
    port: int, path: str, use: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]
) -> None:
    """One kept-alive connection on which ``use`` asks for ``path`` as often as it likes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n".encode()

    async def ask() -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        (length,) = (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await reader.readexactly(length)

    await use(ask)
    writer.close()


async def _listen(port: int) -> None:
    """One open event stream, read as it comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n")
    try:
        while await reader.read(65536):
            pass
    finally:
        writer.close()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
