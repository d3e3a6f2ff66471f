"""The classic forest behind the seam: five features, one isolation forest a pair, its own threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import Batch, Judged, Series, Standing, at_once
from backend.detection.features import FEATURES, features_of, windows_of
from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_memory import PairModel
from backend.detection.model_file import Forest
from backend.detection.registry import ModelSet
from backend.detection.shares import Past, feature_shares
from backend.detection.training import TrainedModel, train_pair
from backend.metrics.cards import Share
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName, TrainingSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class ClassicDetector:
    """A `Detector` that keeps nothing but its newest batch: a reading's features say it all."""

    name: DetectorName = "isolation_forest"

    def __init__(self, settings: TrainingSettings, max_gap: float) -> None:
        """``max_gap``: the longest silence, in seconds, that features reach across."""
        self._settings = settings
        self._max_gap = max_gap
        self._newest: tuple[Batch, ModelSet] | None = None
        self._rows: dict[SeriesKey, int] = {}
        self._asked: _Asked | None = None
        # One assignment for both: other threads ask for the standing.
        self._counting = (ModelSet(), np.zeros((0, 2), dtype=np.int64))

    def judge(self, batch: Batch, models: ModelSet) -> Judged:
        """See Detector: one batched call for all pairs that have a model."""
        self._newest, self._rows = (batch, models), {}
        # Poll after poll asks for the same pairs of the same models.
        if self._asked is None or self._asked.models is not models or self._asked.keys != batch.keys:
            self._asked = _look_up(batch.keys, models)
            self._count_for(models)
        _, _, rows, slots, expected, learned = self._asked
        judged = Judged(
            scores=np.full(len(batch.keys), np.nan),
            limits=np.full(len(batch.keys), np.nan),
            expected=expected.copy(),
            learned=learned.copy(),
        )
        if len(rows):
            judged.scores[rows] = models.batch.score(slots, batch.features[rows])
            # Its threshold is the highest score that is still usual.
            judged.limits[rows] = np.nextafter(models.batch.verdict_thresholds[slots], np.inf)
            counts = self._counting[1]
            counts[slots, 0] += 1
            counts[slots, 1] += judged.scores[rows] >= judged.limits[rows]
        return judged

    def standings(self, keys: Sequence[SeriesKey], models: ModelSet) -> dict[SeriesKey, Standing]:
        """See Detector; counted since the start."""
        counted, counts = self._counting
        if counted is not models:
            return {}
        served = [key for key in keys if key in models.slots]
        figures = counts[[models.slots[key] for key in served]].tolist()
        return {
            key: Standing(models.models[key].samples, judged, anomalous)
            for key, (judged, anomalous) in zip(served, figures, strict=True)
        }

    def go_back(self, forests: Mapping[SeriesKey, Forest], models: ModelSet) -> None:
        """The registry has swapped them in."""

    def explain(self, key: SeriesKey, past: Past, unit: str) -> tuple[Share, ...]:
        """See Detector: what the score loses as each feature of the newest reading becomes a usual one."""
        del past
        if self._newest is None:
            return ()
        batch, models = self._newest
        self._rows = self._rows or {each: row for row, each in enumerate(batch.keys)}
        slot = models.slots.get(key)
        if slot is None or key not in self._rows:
            return ()

        def rescore(rows: FloatArray) -> FloatArray:
            return models.batch.score(np.full(len(rows), slot, dtype=np.intp), rows)

        features = dict(zip(FEATURES, batch.features[self._rows[key]].tolist(), strict=True))
        return feature_shares(features, models.models[key].usual, rescore, unit)

    def forget(self, keys: Sequence[SeriesKey]) -> None:
        """See Detector."""
        counted, counts = self._counting
        for key in keys:
            slot = counted.slots.get(key)
            if slot is not None:
                counts[slot] = 0

    @contextmanager
    def training(self, give_way: Callable[[], None] = at_once) -> Iterator[ClassicTrainer]:
        """See Detector."""
        yield ClassicTrainer(self._settings, self._max_gap, give_way)

    def _count_for(self, models: ModelSet) -> None:
        """Go on counting where the model is the same, and from 0 where it is another one."""
        before, known_counts = self._counting
        if before is models:
            return
        counts = np.zeros((len(models.batch), 2), dtype=np.int64)
        for key, slot in models.slots.items():
            known = before.slots.get(key)
            if known is not None and before.models[key].sha256 == models.models[key].sha256:
                counts[slot] = known_counts[known]
        self._counting = (models, counts)


class _Asked(NamedTuple):
    """The pairs of a poll, the rows of those that have a model, and its slots and what it says of itself."""

    models: ModelSet
    keys: list[SeriesKey]
    rows: IntArray
    slots: IntArray
    expected: FloatArray
    learned: IntArray


def _look_up(keys: Sequence[SeriesKey], models: ModelSet) -> _Asked:
    places = np.array([models.slots.get(key, -1) for key in keys], dtype=np.intp)
    rows = np.flatnonzero(places >= 0)
    expected = np.full((len(keys), 2), np.nan)
    learned = np.zeros(len(keys), dtype=np.int64)
    infos = [models.models[keys[row]] for row in rows.tolist()]
    if infos:
        expected[rows] = [info.usual for info in infos]
        learned[rows] = [info.samples for info in infos]
    return _Asked(models, list(keys), rows, places[rows], expected, learned)


class ClassicTrainer:
    """A `Trainer`: the registry alone serves what it trains."""

    def __init__(
        self, settings: TrainingSettings, max_gap: float, give_way: Callable[[], None] = at_once
    ) -> None:
        self._settings = settings
        self._max_gap = max_gap
        self._give_way = give_way

    def train(self, key: SeriesKey, series: Series, now: float) -> TrainedModel:
        """See Trainer."""
        self._give_way()
        model = train_pair(
            key,
            series.timestamps[series.learned],
            series.values[series.learned],
            incident_spans=[],
            min_samples=self._settings.min_samples,
            contamination=self._settings.contamination,
            max_gap=self._max_gap,
            now=now,
            fitter=self._settings.fitter,
        )
        if not series.compared.any():
            return model
        self._give_way()
        features = features_of(windows_of(series.timestamps, series.values, self._max_gap))[series.compared]
        return replace(model, verdicts=_verdicts(model, features))

    def limit(self, key: SeriesKey) -> None:
        """See Trainer."""

    def drop(self, key: SeriesKey) -> None:
        """Nothing is kept of it."""

    def adopt(self, models: ModelSet) -> None:
        """The registry has swapped it in."""


def _verdicts(model: TrainedModel, features: FloatArray) -> NDArray[np.bool_]:
    """Which of float64[n, 5] the new forest calls anomalous."""
    if isinstance(model.forest, PairModel):
        raise TypeError(f"a model of the {model.detector} judges no features")
    scores = ForestBatch([model.forest]).score(np.zeros(len(features), dtype=np.intp), features)
    return scores > model.forest.verdict_threshold
