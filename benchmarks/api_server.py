"""The API over a Canopy on the bench, in a process of its own; beside it the naive build's answers."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, cast

import uvicorn
from fastapi import Depends, FastAPI, Request

from backend.api import errors
from backend.api.answers import Answers
from backend.api.foreign import RefuseForeignWrites
from backend.api.parts import Parts
from backend.api.routers import history, incidents, models, services, stream
from backend.api.schemas.readings import MetricReading
from backend.api.shortcut import ReadyMetrics
from backend.cli import let_answers_go_first
from backend.jobs.health import HealthBoard
from backend.metrics.readings import SeriesKey
from benchmarks.canopy import Canopy, grown_pairs
from benchmarks.made_up import CATALOGUE, STEP

_DISTINCT = 8
_GROWN_READINGS = 2_000


class NaiveReading(MetricReading):
    """A reading that says itself which it is, as in a plain list."""

    service: str
    metric: str


def main() -> None:
    """Serve ``argv[1]`` pairs until the standard input ends; the address goes to stdout first.

    A line ``15`` there has a poll begin every 15 seconds, ``off`` ends that; each is answered by the seconds
    a poll took.
    """
    let_answers_go_first()
    with tempfile.TemporaryDirectory() as folder:
        canopy = Canopy(Path(folder), "view_forest", int(sys.argv[1]), _DISTINCT)
        canopy.serve_grown(grown_pairs(_DISTINCT, _GROWN_READINGS))
        for _ in range(3):
            canopy.tick()
        _serve(canopy)
        canopy.retrainer.stop(60)
        canopy.store.close()


def _serve(canopy: Canopy) -> None:
    config = uvicorn.Config(
        _app(canopy), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    polling = threading.Event()
    seconds: list[float] = []
    every = [STEP]
    threading.Thread(target=_poll, args=(canopy, polling, every, seconds), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == "off":
            polling.clear()
        else:
            seconds.clear()
            every[0] = float(line)
            polling.set()
        print(f"{sum(seconds) / max(1, len(seconds))}", flush=True)
    canopy.broadcast.close()
    server.should_exit = True
    thread.join()


def _poll(canopy: Canopy, polling: threading.Event, every: list[float], seconds: list[float]) -> None:
    while True:
        polling.wait()
        started = time.perf_counter()
        canopy.tick()
        seconds.append(time.perf_counter() - started)
        until = started + every[0]
        while polling.is_set() and time.perf_counter() < until:
            time.sleep(0.1)


def _app(canopy: Canopy) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        canopy.broadcast.attach(asyncio.get_running_loop())
        yield

    app = FastAPI(lifespan=lifespan)
    app.state.parts = _parts(canopy)
    errors.install(app)
    app.add_middleware(RefuseForeignWrites)
    app.add_middleware(ReadyMetrics)
    for module in (services, history, incidents, models, stream):
        app.include_router(module.router)
    app.add_api_route("/naive/metrics", _naive_metrics)
    return app


def _parts(canopy: Canopy) -> Parts:
    """Those that the measured calls use."""
    parts = SimpleNamespace(
        settings=canopy.settings,
        clock=canopy.clock,
        catalogue=CATALOGUE,
        history=canopy.history,
        registry=canopy.registry,
        detector=canopy.detector,
        incidents=canopy.store,
        retrainer=canopy.retrainer,
        warmup=canopy.warmup,
        live=canopy.live,
        answers=Answers(canopy.live, CATALOGUE, STEP, _nobody_waits),
        health=HealthBoard(canopy.clock, canopy.broadcast.publish),
        broadcast=canopy.broadcast,
    )
    return cast(Parts, parts)


def _nobody_waits(_: object, __: object) -> None:
    """Every pair has a model."""


def _of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


def _naive_metrics(parts: Annotated[Parts, Depends(_of)], service: str) -> list[NaiveReading]:
    """A plain list: the service's readings looked for among all, each an object of the schema."""
    report = parts.live.report
    assert report is not None
    return [_naive(parts, key) for key, reading in report.readings.items() if reading.key.service == service]


def _naive(parts: Parts, key: SeriesKey) -> NaiveReading:
    report, spec = parts.live.report, CATALOGUE[key.metric]
    assert report is not None
    reading = report.readings[key]
    return NaiveReading(
        service=key.service,
        metric=key.metric,
        title=spec.title,
        value=reading.value,
        unit=spec.unit,
        severity=reading.severity,
        prediction=reading.verdict,
        score=reading.score,
        state=reading.state,
        expected=reading.expected,
        reasons=list(reading.reasons),
        card=reading.card,
        artefact=reading.artefact,
        event_ts=reading.timestamp,
        high=spec.high,
        critical=spec.critical,
        direction=spec.direction,
    )


if __name__ == "__main__":
    main()
