"""Canopy on the bench with thousands of pairs: the real poll, grown models, all but Prometheus and HTTP."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import numpy as np

from backend.detection.arena import ForestArena
from backend.detection.detector import Series
from backend.detection.features import FEATURES, max_gap
from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_trainer import Grown, grow
from backend.detection.live_forest import LiveForest
from backend.detection.manifest import ModelInfo, present_versions
from backend.detection.packed_forest import PackedForest
from backend.detection.registry import ModelRegistry, ModelSet
from backend.detection.sensitivity import Thresholds
from backend.detection.views import VIEWS
from backend.detection.windows import RecentWindows
from backend.incidents.store import IncidentStore
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.backfill import Backfill
from backend.jobs.broadcast import Broadcast
from backend.jobs.cards import Cards
from backend.jobs.detecting import build_detector, recovery_of
from backend.jobs.health import HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.learning import Learning
from backend.jobs.live import Live
from backend.jobs.poll import PollCycle
from backend.jobs.relearn import Relearn
from backend.jobs.retrain import Retrainer
from backend.jobs.seasons import Seasons
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.metrics.history import HistoryStore
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import DetectorName, Settings
from benchmarks import made_up
from benchmarks.made_up import ARTEFACTS, CATALOGUE, START, STEP

GROWN_READINGS = 50_000
"""Eight and a half days: more than a training window holds, and every weekday once."""
APART = 2
"""Readings by which the grown pairs' pasts differ, so that their blocks do not fill up in the same poll."""


class SetClock:
    """Says what was last set."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> float:
        return self.time


def grown_pairs(count: int, readings: int = GROWN_READINGS) -> list[Grown]:
    """So many different pairs with full windows; their newest reading is the one before START."""
    nursery = ForestArena(STEP)
    found = []
    for number in range(count):
        times = START - STEP * np.arange(float(readings + APART * number), 0.0, -1.0)
        values = made_up.values(times, number)
        none = np.zeros(len(times), dtype=np.bool_)
        series = Series(times, values, ~none, none)
        found.append(grow(nursery, SeriesKey(f"grown-{number}", "lat"), series))
    return found


class Canopy:
    """A poll cycle over real stores in a folder; `tick` is one poll, from decoded answers to the events."""

    def __init__(self, folder: Path, detector: DetectorName, pairs: int, distinct: int) -> None:
        """``distinct``: how many different models the pairs share; readings follow what they learned."""
        self.folder = folder
        self.keys = made_up.keys(pairs)
        self._distinct = distinct
        self.clock = SetClock()
        self.prometheus = made_up.AnsweredPrometheus(self.keys)
        self.settings = Settings.model_validate(
            {
                "detection": {"detector": detector},
                "storage": {
                    "datasets": folder / "datasets",
                    "models": folder / "models",
                    "database": f"sqlite:///{folder}/canopy.db",
                },
            }
        )
        self.broadcast = Broadcast()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._build()

    def serve_grown(self, grown: list[Grown]) -> None:
        """Every pair by a view forest of its own: copies of the grown ones, refits at turns of their own."""
        detector = cast(LiveForest, self.detector)
        self._serve(ForestBatch())
        for number, key in enumerate(self.keys):
            detector.take(key, grown[number % len(grown)], "made up")

    def serve_packed(self, forests: list[PackedForest]) -> None:
        """Every pair by a classic forest of its own: copies of these."""
        batch = ForestBatch([forests[number % len(forests)] for number in range(len(self.keys))])
        self._serve(batch)

    def tick(self) -> None:
        """The next poll."""
        self.prometheus.column = made_up.poll_values(self.clock.time, len(self.keys), self._distinct)
        report = self.cycle.run_once(self.clock.time)
        assert len(report.readings) == len(self.keys)
        self.clock.time += STEP

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.retrainer.stop(60)
        self.broadcast.close()
        self._thread.join(10)
        self.store.close()

    def _serve(self, batch: ForestBatch) -> None:
        models = {key: _info(key, self.detector.name) for key in self.keys}
        slots = {key: slot for slot, key in enumerate(self.keys)} if len(batch) else {}
        self.registry.current = ModelSet("made up", models, slots, batch)

    def _listen(self) -> None:
        """One reader of the event stream."""

        async def read() -> None:
            self.broadcast.attach(asyncio.get_running_loop())
            async with self.broadcast.subscribe() as events:
                while await events.next(3600) is not None:
                    pass

        self._loop.run_until_complete(read())
        self._loop.close()

    def _build(self) -> None:
        storage, incidents = self.settings.storage, self.settings.incidents
        client = cast(PrometheusClient, self.prometheus)
        publish = self.broadcast.publish
        board = HealthBoard(self.clock, publish)
        self.history = HistoryStore(storage.datasets)
        self.registry = ModelRegistry(storage.models, self.settings.detection.detector)
        self.store = IncidentStore(self.folder / "canopy.db")
        self.detector = build_detector(self.settings, Thresholds(self.settings))
        learning = Learning(self.store, CATALOGUE, incidents.policy, incidents.dedup_window)
        self.retrainer = Retrainer(
            self.settings, self.history, self.registry, self.detector, learning, self.clock, lambda _: None
        )
        windows = RecentWindows(max_gap(STEP))
        watch = ArtefactWatch(
            queries=ARTEFACTS, settle=300.0, prometheus=client, store=self.store, health=board
        )
        cards = Cards(
            catalogue=CATALOGUE,
            interval=STEP,
            zone=None,
            detector=self.detector,
            history=self.history,
            store=self.store,
        )
        triage = Triage(
            settings=incidents,
            logs_after=30.0,
            catalogue=CATALOGUE,
            store=self.store,
            history=self.history,
            interval=STEP,
            read_new_lines=lambda: None,
            explain=lambda *_: (),
            nearby=watch.near,
            health=board,
            publish=publish,
        )
        self.live = Live()
        self.warmup = WarmUp(
            interval=STEP,
            min_samples=self.settings.training.min_samples,
            registry=self.registry,
            retrainer=self.retrainer,
        )
        self.cycle = PollCycle(
            interval=STEP,
            catalogue=CATALOGUE,
            prometheus=client,
            history=self.history,
            registry=self.registry,
            backfill=Backfill(
                interval=STEP,
                window=self.settings.training.window,
                catalogue=CATALOGUE,
                prometheus=client,
                history=self.history,
                windows=windows,
                registry=self.registry,
            ),
            recover=recovery_of(
                self.detector,
                settings=self.settings,
                history=self.history,
                registry=self.registry,
                learning=learning,
            ),
            judge=Judge(CATALOGUE, self.registry, self.detector, learning, windows, cards),
            watch=watch,
            triage=triage,
            warmup=self.warmup,
            relearn=Relearn(self.store, self.retrainer, self.clock.time),
            seasons=Seasons(None, self.registry, self.retrainer),
            live=self.live,
            health=board,
            publish=publish,
            first=self.retrainer.polls,
        )


def _info(key: SeriesKey, detector: DetectorName) -> ModelInfo:
    return ModelInfo(
        key=key,
        sha256="made up",
        trained_at=START,
        start=START - STEP * GROWN_READINGS,
        end=START - STEP,
        samples=GROWN_READINGS,
        contamination=0.01,
        usual=ExpectedRange(0.0, 1000.0),
        features=VIEWS if detector == "view_forest" else FEATURES,
        versions=present_versions(),
        detector=detector,
    )
