"""Wires the rooms into one running Canopy: the parts, their jobs, the HTTP API and the built UI."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from backend import __version__
from backend.api import errors, ui
from backend.api.parts import Parts
from backend.api.routers import health, history, incidents, logs, models, services, stream
from backend.api.wire import retrain_job
from backend.clock import Clock, SystemClock
from backend.detection.features import max_gap
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry
from backend.detection.windows import RecentWindows
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.jobs.backfill import Backfill
from backend.jobs.broadcast import Broadcast
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.live import Live
from backend.jobs.logtail import LogTail
from backend.jobs.poll import PollCycle
from backend.jobs.retrain import Retrainer, TrainingJob
from backend.jobs.scheduler import Jobs
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.logs.correlation import CorrelatedLine
from backend.logs.database import LogStoreError
from backend.logs.search import explain_event
from backend.logs.sources.file_tail import FileTail
from backend.logs.store import LogStore
from backend.metrics.catalogue import MetricSpec, build_catalogue
from backend.metrics.files import InUse, held
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.prometheus import PrometheusClient
from backend.settings import Settings, load_settings, sqlite_path

log = logging.getLogger(__name__)

UI_FOLDER = Path(__file__).parent.parent / "frontend" / "dist"
_ROUTERS = (services, history, logs, incidents, models, stream, health)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without ``settings``, config.yaml and the environment are read.

    Nothing is opened before the server starts. Raises SettingsError.
    """
    settings = settings or load_settings()
    catalogue = build_catalogue(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with _told(), _opened(settings, catalogue, SystemClock()) as (parts, jobs):
            app.state.parts = parts
            parts.broadcast.attach(asyncio.get_running_loop())
            with _streams_end_at_a_signal(parts):
                jobs.start()
                try:
                    yield
                finally:
                    parts.broadcast.close()
                    await asyncio.to_thread(jobs.stop)

    app = FastAPI(
        title="Canopy",
        version=__version__,
        description="AIOps control plane that reads an existing Prometheus.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    for module in _ROUTERS:
        app.include_router(module.router, responses=errors.RESPONSES)
        app.include_router(module.router, prefix="/api/v1", include_in_schema=False)
    app.include_router(ui.router(UI_FOLDER))
    app.add_api_route("/", lambda: RedirectResponse("/ui/"), include_in_schema=False)
    return app


@contextmanager
def _told() -> Iterator[None]:
    """Say in one line why Canopy cannot start; the server prints the rest."""
    try:
        yield
    except (InUse, ManifestError, StoreError, LogStoreError, HistoryError, OSError) as error:
        log.critical("Canopy cannot start: %s", error)
        raise


@contextmanager
def _opened(
    settings: Settings, catalogue: Mapping[str, MetricSpec], clock: Clock
) -> Iterator[tuple[Parts, Jobs]]:
    """Open the stores and build every part over them; closed again in the opposite order."""
    with ExitStack() as stack:
        stack.enter_context(held(settings.storage.datasets))
        broadcast = Broadcast()
        board = HealthBoard(clock, broadcast.publish)
        board.report("prometheus", DependencyStatus.STARTING, "the first poll has not ended yet")
        incident_store = IncidentStore(sqlite_path(settings.storage.database))
        stack.callback(incident_store.close)
        log_store = LogStore(
            sqlite_path(settings.storage.log_database), settings.logs.keep, settings.logs.max_lines
        )
        stack.callback(log_store.close)
        prometheus = PrometheusClient(settings.prometheus)
        stack.callback(prometheus.close)
        history_store = HistoryStore(settings.storage.datasets)
        registry = ModelRegistry(settings.storage.models)
        registry.load()
        live = Live()

        def discovered() -> Sequence[str]:
            return live.report.services if live.report else ()

        tails = [FileTail(source, log_store, discovered) for source in settings.logs.sources]
        log_tail = LogTail(tails, log_store, board)
        stack.callback(log_tail.close)

        def explain(service: str, event_ts: float) -> Sequence[CorrelatedLine]:
            log_tail.read_new_lines(clock.now())
            before, after = settings.logs.before, settings.logs.after
            return explain_event(log_store, service, event_ts, before, after).lines

        def on_training(job: TrainingJob) -> None:
            warmup.trained(job)
            broadcast.publish("retrain", retrain_job(job).model_dump(mode="json"))

        retrainer = Retrainer(settings, history_store, registry, incident_store, clock, on_training)
        interval = settings.poll.interval
        warmup = WarmUp(
            interval=interval,
            min_samples=settings.training.min_samples,
            registry=registry,
            retrainer=retrainer,
        )
        windows = RecentWindows(max_gap(interval))
        poll = PollCycle(
            interval=interval,
            catalogue=catalogue,
            prometheus=prometheus,
            history=history_store,
            registry=registry,
            backfill=Backfill(
                interval=interval,
                window=settings.training.window,
                catalogue=catalogue,
                prometheus=prometheus,
                history=history_store,
                windows=windows,
            ),
            judge=Judge(catalogue, registry, windows),
            triage=Triage(
                settings=settings.incidents,
                logs_after=settings.logs.after,
                catalogue=catalogue,
                store=incident_store,
                explain=explain,
                health=board,
                publish=broadcast.publish,
            ),
            warmup=warmup,
            live=live,
            health=board,
            publish=broadcast.publish,
        )
        jobs = Jobs(
            poll_interval=interval,
            retrain_interval=settings.training.interval,
            poll=poll,
            log_tail=log_tail,
            retrainer=retrainer,
            registry=registry,
            clock=clock,
        )
        parts = Parts(
            settings=settings,
            clock=clock,
            catalogue=catalogue,
            history=history_store,
            registry=registry,
            incidents=incident_store,
            log_store=log_store,
            log_tail=log_tail,
            retrainer=retrainer,
            warmup=warmup,
            live=live,
            health=board,
            broadcast=broadcast,
        )
        yield parts, jobs


@contextmanager
def _streams_end_at_a_signal(parts: Parts) -> Iterator[None]:
    """End the event streams as soon as the process is told to stop.

    The server waits for its open connections before it runs our shutdown, and an event stream never ends
    by itself: each would hold the stop up until the server's patience is over.
    """
    stopping = (signal.SIGTERM, signal.SIGINT)
    try:
        before = {number: signal.getsignal(number) for number in stopping}

        def end_streams(number: int, frame: FrameType | None) -> None:
            parts.broadcast.close()
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for number in stopping:
            signal.signal(number, end_streams)
    except ValueError:  # not in the main thread, as in a test: nobody sends signals there
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
