"""A poll cycle on the bench: real stores in a folder, a scripted Prometheus, and a clock that tests set.

with Bench(tmp_path) as bench:
    bench.learn(KEY)                     # a healthy past, and a model of it
    bench.prometheus.write("lat", "shop", {bench.next_poll: 5000.0})
    report = bench.poll()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from backend.detection.detector import Detector
from backend.detection.features import max_gap
from backend.detection.registry import ModelRegistry
from backend.detection.sensitivity import Thresholds
from backend.detection.windows import RecentWindows
from backend.incidents.store import IncidentStore
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.backfill import Backfill
from backend.jobs.cards import Cards
from backend.jobs.detecting import build_detector, recovery_of, snapshots_of
from backend.jobs.health import Dependency, HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.learning import Learning
from backend.jobs.live import CycleReport, Live
from backend.jobs.poll import PollCycle
from backend.jobs.relearn import Relearn
from backend.jobs.retrain import Retrainer
from backend.jobs.seasons import OlderReadings, Seasons
from backend.jobs.training_job import TrainingJob
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.logs.correlation import CorrelatedLine
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.readings import SeriesKey
from backend.settings import ArtefactQuery, DetectorName, IncidentSettings, Settings
from backend.tests.jobs.scripted import ScriptedPrometheus

START = 1767225600.0  # 2026-01-01T00:00:00Z, a grid time
INTERVAL = 15.0
PAST = 60
"""Readings of the healthy past."""
GROWN = 240
"""Readings of one that is long enough for a model to raise an alarm by itself."""
HIGH, CRITICAL = 1000.0, 3000.0
KEY = SeriesKey("shop", "lat")
CATALOGUE = {
    name: MetricSpec(name, title, "milliseconds", name, HIGH, CRITICAL, "above")
    for name, title in (("lat", "p99 latency"), ("wait", "queue wait"))
}


class SetClock:
    """Says what the test last set."""

    def __init__(self, now: float) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


def normal(time: float) -> float:
    """A healthy value: 30 to 50, other at each grid time."""
    return round(40 + 10 * math.sin(time / 7), 3)


class Bench:
    """Everything between Prometheus and the event stream; ``restart`` builds it anew over the same files."""

    def __init__(
        self,
        directory: Path,
        *,
        incidents: Mapping[str, Any] | None = None,
        training: Mapping[str, Any] | None = None,
        detector: DetectorName = "view_forest",
        artefacts: Mapping[ArtefactQuery, str] | None = None,
        seasons: bool = False,
    ) -> None:
        """``seasons``: models are trained again with what Prometheus has of earlier weeks."""
        self._with_seasons = seasons
        self.directory = directory
        self.prometheus = ScriptedPrometheus()
        self.artefacts = artefacts or {}
        self.clock = SetClock(START)
        self.next_poll = START
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.explain: Callable[[str, float], Sequence[CorrelatedLine]] = lambda service, event_ts: ()
        self.read_new_lines: Callable[[], None] = lambda: None
        self.settings = Settings.model_validate(
            {
                "incidents": {"dedup_window": "60s"} | dict(incidents or {}),
                "detection": {"detector": detector},
                "training": {"min_samples": 10, "window": "1h"} | dict(training or {}),
                "storage": {
                    "datasets": directory / "datasets",
                    "models": directory / "models",
                    "database": f"sqlite:///{directory}/canopy.db",
                },
            }
        )
        self._build()

    def learn(self, *keys: SeriesKey, past: int = PAST) -> None:
        """A healthy past of so many readings up to the next poll, and models of it."""
        for key in keys:
            times = [self.next_poll - i * INTERVAL for i in range(1, past + 1)]
            self.prometheus.write(key.metric, key.service, {time: normal(time) for time in times})
            self.healthy(key)
        self.poll()
        self.settle()
        assert all(key in self.registry.current.models for key in keys)

    def healthy(self, key: SeriesKey, polls: int = 1) -> None:
        """Normal values at the next polls."""
        times = [self.next_poll + i * INTERVAL for i in range(polls)]
        self.prometheus.write(key.metric, key.service, {time: normal(time) for time in times})

    def write(self, value: float, key: SeriesKey = KEY) -> None:
        """The value at the next poll."""
        self.prometheus.write(key.metric, key.service, {self.next_poll: value})

    def poll(self, at: float | None = None) -> CycleReport:
        """One poll at the next grid time, or at any other, a moment after it."""
        time = self.next_poll if at is None else at
        self.clock.time = time + 0.01
        self.next_poll = time + INTERVAL
        return self.cycle.run_once(self.clock.time)

    def settle(self) -> TrainingJob | None:
        """Wait for the training that a poll has started; the newest job."""
        job = self.retrainer.latest()
        return None if job is None else self.retrainer.wait(job.id, 60)

    def told(self, name: str) -> list[dict[str, Any]]:
        """The data of the published events of this name."""
        return [data for event, data in self.events if event == name]

    def health(self, name: str) -> Dependency:
        return self.board.states()[name]

    def stored_times(self, key: SeriesKey = KEY) -> list[float]:
        """The times of all readings on disk, in order."""
        return [float(t) for t in self.history.load(key, 0.0, START * 2).timestamps]

    def build_retrainer(
        self,
        history: HistoryStore,
        registry: ModelRegistry,
        detector: Detector | None = None,
        on_progress: Callable[[TrainingJob], None] = lambda job: None,
    ) -> Retrainer:
        """One that trains for ``detector``, or by hand: with a detector that nobody polls."""
        incidents = self.settings.incidents
        return Retrainer(
            self.settings,
            history,
            registry,
            detector or build_detector(self.settings, Thresholds(self.settings)),
            Learning(self.store, CATALOGUE, incidents.policy, incidents.dedup_window),
            self.clock,
            on_progress,
            OlderReadings(
                interval=INTERVAL,
                window=self.settings.training.window,
                catalogue=CATALOGUE,
                prometheus=cast(PrometheusClient, self.prometheus),
                health=self.board,
            ).of
            if self._with_seasons
            else None,
        )

    def restart(self) -> None:
        self.close()
        self._build()

    def close(self) -> None:
        self.settle()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _publish(self, name: str, data: dict[str, Any]) -> None:
        self.events.append((name, data))

    def _build(self) -> None:
        storage, incidents = self.settings.storage, self.settings.incidents
        client = cast(PrometheusClient, self.prometheus)
        self.board = HealthBoard(self.clock, self._publish)
        self.history = HistoryStore(storage.datasets)
        self.registry = ModelRegistry(storage.models, self.settings.detection.detector)
        self.registry.load()
        self.store = IncidentStore(self.directory / "canopy.db")
        self.store.keep_room(anew=True)
        self.live = Live()
        self.detector = build_detector(self.settings, Thresholds(self.settings))
        self.snapshots = snapshots_of(self.detector, self.settings, self.registry, self.board)
        learning = Learning(self.store, CATALOGUE, incidents.policy, incidents.dedup_window)
        self.retrainer = self.build_retrainer(
            self.history, self.registry, self.detector, lambda job: self.warmup.trained(job)
        )
        self.warmup = WarmUp(
            interval=INTERVAL,
            min_samples=self.settings.training.min_samples,
            registry=self.registry,
            retrainer=self.retrainer,
        )
        windows = RecentWindows(max_gap(INTERVAL))
        self.backfill = Backfill(
            interval=INTERVAL,
            window=self.settings.training.window,
            catalogue=CATALOGUE,
            prometheus=client,
            history=self.history,
            windows=windows,
            registry=self.registry,
        )
        self.watch = ArtefactWatch(
            queries=self.artefacts,
            settle=self.settings.artefacts.settle,
            prometheus=client,
            store=self.store,
            health=self.board,
        )
        self.triage = self._triage(incidents)
        self.cycle = PollCycle(
            interval=INTERVAL,
            catalogue=CATALOGUE,
            prometheus=client,
            history=self.history,
            registry=self.registry,
            backfill=self.backfill,
            recover=recovery_of(
                self.detector,
                settings=self.settings,
                history=self.history,
                registry=self.registry,
                learning=learning,
            ),
            judge=Judge(CATALOGUE, self.registry, self.detector, learning, windows, self._cards()),
            watch=self.watch,
            triage=self.triage,
            warmup=self.warmup,
            relearn=Relearn(self.store, self.retrainer, self.clock.time),
            seasons=Seasons(self.detector if self._with_seasons else None, self.registry, self.retrainer),
            live=self.live,
            health=self.board,
            publish=self._publish,
            first=self.retrainer.polls,
        )

    def _cards(self) -> Cards:
        return Cards(
            catalogue=CATALOGUE,
            interval=INTERVAL,
            zone=None,
            detector=self.detector,
            history=self.history,
            store=self.store,
        )

    def _triage(self, incidents: IncidentSettings) -> Triage:
        return Triage(
            settings=incidents,
            logs_after=30.0,
            catalogue=CATALOGUE,
            store=self.store,
            history=self.history,
            interval=INTERVAL,
            read_new_lines=lambda: self.read_new_lines(),
            explain=lambda service, event_ts: self.explain(service, event_ts),
            nearby=self.watch.near,
            health=self.board,
            publish=self._publish,
        )
