"""Builds every part of Canopy over its stores, and the jobs that run them; closes them in the right order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from zoneinfo import ZoneInfo

from backend.api import backtest_wire
from backend.api.answers import Answers
from backend.api.parts import Parts
from backend.api.wire import retrain_job, warming_up
from backend.clock import Clock, SystemClock
from backend.detection.features import max_gap
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry, RegistryBusy
from backend.detection.sensitivity import Thresholds
from backend.detection.windows import RecentWindows
from backend.incidents.schema import StoreError
from backend.incidents.sensitivities import Sensitivities
from backend.incidents.store import IncidentStore
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.backfill import Backfill
from backend.jobs.backtest import Backtester
from backend.jobs.broadcast import Broadcast
from backend.jobs.cards import Cards
from backend.jobs.detecting import build_detector, prepare, recovery_of, report_loops, snapshots_of
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.keeping import Keeping, limits_of
from backend.jobs.learning import Learning
from backend.jobs.live import Live
from backend.jobs.logtail import LogTail
from backend.jobs.poll import PollCycle
from backend.jobs.relearn import Relearn
from backend.jobs.retrain import Retrainer
from backend.jobs.scheduler import Jobs
from backend.jobs.seasons import OlderReadings, Seasons
from backend.jobs.sensitivity import SensitivityControl
from backend.jobs.training_job import TrainingJob
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.logs.correlation import CorrelatedLine
from backend.logs.database import LogStoreError
from backend.logs.search import explain_event
from backend.logs.sources.file_tail import FileTail
from backend.logs.store import LogStore
from backend.metrics.catalogue import MetricSpec, artefact_queries
from backend.metrics.files import InUse, held
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.prometheus import PrometheusClient, PrometheusError
from backend.settings import Settings, sqlite_path

log = logging.getLogger(__name__)

STOP_SECONDS = 6.0
"""How long the jobs and the stores together have to end once nobody is answered any more."""
_CLOSING_SECONDS = 1.0
"""What of it is kept for the stores."""


class CannotStart(Exception):
    """Canopy cannot start, for a reason that has been logged in one line."""


def open_all(stack: ExitStack, settings: Settings, catalogue: Mapping[str, MetricSpec]) -> tuple[Parts, Jobs]:
    """Open the stores and build every part over them; ``stack`` closes them again.

    Raises CannotStart, after it has said in one line why.
    """
    try:
        parts = _open_parts(stack, settings, catalogue, SystemClock())
        return parts, _jobs(stack, parts)
    except (
        InUse,
        ManifestError,
        RegistryBusy,
        StoreError,
        LogStoreError,
        HistoryError,
        PrometheusError,
        OSError,
    ) as error:
        log.critical("Canopy cannot start: %s", error)
        raise CannotStart(str(error)) from error


def _open_parts(
    stack: ExitStack, settings: Settings, catalogue: Mapping[str, MetricSpec], clock: Clock
) -> Parts:
    stack.enter_context(held(settings.storage.datasets))
    history = HistoryStore(settings.storage.datasets)
    # Last of all: a slow disk may take long, and what is not moved now is moved at the next start.
    stack.callback(history.flush)
    broadcast = Broadcast()
    board = HealthBoard(clock, broadcast.publish)
    board.report("prometheus", DependencyStatus.STARTING, "the first poll has not ended yet")
    report_loops(board)
    incidents = IncidentStore(sqlite_path(settings.storage.database))
    stack.callback(incidents.close)
    incidents.keep_room(anew=True)
    live = Live()
    log_store, log_tail = _open_logs(stack, settings, live, board)
    registry = ModelRegistry(settings.storage.models, settings.detection.detector)
    registry.load()
    saved = Sensitivities(sqlite_path(settings.storage.database))
    thresholds = Thresholds(settings, saved.saved())
    # Connections of its own: a range of weeks must not keep the poll waiting.
    past = PrometheusClient(settings.prometheus)
    stack.callback(past.close)
    backtester = Backtester(
        settings,
        catalogue,
        thresholds,
        past,
        incidents,
        clock,
        lambda found: broadcast.publish("backtest", backtest_wire.backtest(found).model_dump(mode="json")),
    )
    stack.callback(backtester.stop, _CLOSING_SECONDS)
    detector = build_detector(settings, thresholds)
    learning = Learning(incidents, catalogue, settings.incidents.policy, settings.incidents.dedup_window)
    older = OlderReadings(
        interval=settings.poll.interval,
        window=settings.training.window,
        catalogue=catalogue,
        prometheus=past,
        health=board,
    )

    def on_training(job: TrainingJob) -> None:
        warmup.trained(job)
        if job.state != "running":
            board.report("training", *warmup.health())
        broadcast.publish("retrain", retrain_job(job).model_dump(mode="json"))

    retrainer = Retrainer(settings, history, registry, detector, learning, clock, on_training, older.of)
    warmup = WarmUp(
        interval=settings.poll.interval,
        min_samples=settings.training.min_samples,
        registry=registry,
        retrainer=retrainer,
    )
    return Parts(
        settings=settings,
        clock=clock,
        catalogue=catalogue,
        history=history,
        registry=registry,
        detector=detector,
        learning=learning,
        incidents=incidents,
        log_store=log_store,
        log_tail=log_tail,
        retrainer=retrainer,
        thresholds=thresholds,
        sensitivity=SensitivityControl(settings, thresholds, saved, history, clock),
        backtester=backtester,
        warmup=warmup,
        live=live,
        answers=Answers(live, catalogue, settings.poll.interval, partial(warming_up, warmup)),
        health=board,
        broadcast=broadcast,
    )


def _open_logs(
    stack: ExitStack, settings: Settings, live: Live, board: HealthBoard
) -> tuple[LogStore, LogTail]:
    """The log lines' store, and what reads the sources into it."""
    store = LogStore(sqlite_path(settings.storage.log_database), settings.logs.keep, settings.logs.max_lines)
    stack.callback(store.close)

    def discovered() -> Sequence[str]:
        return live.report.services if live.report else ()

    tail = LogTail([FileTail(source, store, discovered) for source in settings.logs.sources], store, board)
    stack.callback(tail.close)
    return store, tail


def _jobs(stack: ExitStack, parts: Parts) -> Jobs:
    prometheus = PrometheusClient(parts.settings.prometheus)
    stack.callback(prometheus.close)
    return Jobs(
        poll_interval=parts.settings.poll.interval,
        retrain_interval=parts.settings.training.interval,
        poll=_poll_cycle(parts, prometheus),
        history=parts.history,
        keeping=Keeping(parts.history, limits_of(parts.settings), parts.clock, parts.health),
        log_tail=parts.log_tail,
        retrainer=parts.retrainer,
        registry=parts.registry,
        snapshots=snapshots_of(parts.detector, parts.settings, parts.registry, parts.health),
        clock=parts.clock,
        health=parts.health,
        prepare=partial(prepare, parts.detector),
    )


def _poll_cycle(parts: Parts, prometheus: PrometheusClient) -> PollCycle:
    windows = RecentWindows(max_gap(parts.settings.poll.interval))
    watch = ArtefactWatch(
        queries=artefact_queries(parts.settings),
        settle=parts.settings.artefacts.settle,
        prometheus=prometheus,
        store=parts.incidents,
        health=parts.health,
    )
    return PollCycle(
        interval=parts.settings.poll.interval,
        catalogue=parts.catalogue,
        prometheus=prometheus,
        history=parts.history,
        registry=parts.registry,
        backfill=Backfill(
            interval=parts.settings.poll.interval,
            window=parts.settings.training.window,
            catalogue=parts.catalogue,
            prometheus=prometheus,
            history=parts.history,
            windows=windows,
            registry=parts.registry,
        ),
        recover=recovery_of(
            parts.detector,
            settings=parts.settings,
            history=parts.history,
            registry=parts.registry,
            learning=parts.learning,
        ),
        judge=Judge(parts.catalogue, parts.registry, parts.detector, parts.learning, windows, _cards(parts)),
        watch=watch,
        triage=_triage(parts, watch),
        warmup=parts.warmup,
        relearn=Relearn(parts.incidents, parts.retrainer, parts.clock.now()),
        seasons=Seasons(parts.detector, parts.registry, parts.retrainer),
        live=parts.live,
        health=parts.health,
        publish=parts.broadcast.publish,
        first=parts.retrainer.polls,
    )


def _cards(parts: Parts) -> Cards:
    return Cards(
        catalogue=parts.catalogue,
        interval=parts.settings.poll.interval,
        zone=ZoneInfo(parts.settings.detection.timezone),
        detector=parts.detector,
        history=parts.history,
        store=parts.incidents,
    )


def _triage(parts: Parts, watch: ArtefactWatch) -> Triage:
    before, after = parts.settings.logs.before, parts.settings.logs.after

    def explain(service: str, event_ts: float) -> Sequence[CorrelatedLine]:
        return explain_event(parts.log_store, service, event_ts, before, after).lines

    return Triage(
        settings=parts.settings.incidents,
        logs_after=after,
        catalogue=parts.catalogue,
        store=parts.incidents,
        history=parts.history,
        interval=parts.settings.poll.interval,
        read_new_lines=lambda: parts.log_tail.read_new_lines(parts.clock.now()),
        explain=explain,
        nearby=watch.near,
        health=parts.health,
        publish=parts.broadcast.publish,
    )


def close_all(stack: ExitStack, jobs: Jobs) -> None:
    """Stop the jobs and close the stores, within STOP_SECONDS: what hangs then is left behind.

    Everything that was answered is on the disk by now, so that nothing is lost with it.
    """
    stack.callback(jobs.stop, STOP_SECONDS - _CLOSING_SECONDS)
    closing = threading.Thread(target=stack.close, name="closing", daemon=True)
    closing.start()
    closing.join(STOP_SECONDS)
    if closing.is_alive():
        log.warning("stopped without waiting for what still hangs after %g s", STOP_SECONDS)
