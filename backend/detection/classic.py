"""The classic forest behind the seam: five features, one isolation forest a pair, its own threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import Batch, Judged, Series, Standing
from backend.detection.features import FEATURES, features_of, windows_of
from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_memory import PairModel
from backend.detection.manifest import ModelInfo
from backend.detection.model_file import Forest
from backend.detection.registry import ModelSet
from backend.detection.shares import Past, feature_shares
from backend.detection.training import TrainedModel, train_pair
from backend.metrics.cards import Share
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName, TrainingSettings

FloatArray = NDArray[np.float64]


class ClassicDetector:
    """A `Detector` that keeps nothing but its newest batch: a reading's features say it all."""

    name: DetectorName = "isolation_forest"

    def __init__(self, settings: TrainingSettings, max_gap: float) -> None:
        """``max_gap``: the longest silence, in seconds, that features reach across."""
        self._settings = settings
        self._max_gap = max_gap
        self._newest: tuple[Batch, ModelSet] | None = None
        self._rows: dict[SeriesKey, int] = {}
        self._counts: dict[SeriesKey, tuple[str, int, int]] = {}

    def judge(self, batch: Batch, models: ModelSet) -> Judged:
        """See Detector: one batched call for all pairs that have a model."""
        self._newest, self._rows = (batch, models), {}
        count = len(batch.keys)
        slots = np.array([models.slots.get(key, -1) for key in batch.keys], dtype=np.intp)
        rows = np.flatnonzero(slots >= 0)
        judged = Judged(
            scores=np.full(count, np.nan),
            limits=np.full(count, np.nan),
            expected=np.full((count, 2), np.nan),
            learned=np.zeros(count, dtype=np.int64),
        )
        if len(rows):
            infos = [models.models[batch.keys[row]] for row in rows.tolist()]
            judged.scores[rows] = models.batch.score(slots[rows], batch.features[rows])
            # Its threshold is the highest score that is still usual.
            judged.limits[rows] = np.nextafter(models.batch.verdict_thresholds[slots[rows]], np.inf)
            judged.expected[rows] = [info.expected for info in infos]
            judged.learned[rows] = [info.samples for info in infos]
            for info, anomalous in zip(infos, (judged.scores >= judged.limits)[rows].tolist(), strict=True):
                self._count(info, anomalous)
        return judged

    def standing(self, key: SeriesKey, models: ModelSet) -> Standing | None:
        """See Detector; counted since the start."""
        info, counted = models.models.get(key), self._counts.get(key)
        if info is None or counted is None or counted[0] != info.sha256:
            return None
        return Standing(info.samples, *counted[1:])

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
        return feature_shares(features, models.models[key].expected, rescore, unit)

    def forget(self, keys: Sequence[SeriesKey]) -> None:
        """See Detector."""
        for key in keys:
            self._counts.pop(key, None)

    @contextmanager
    def training(self) -> Iterator[ClassicTrainer]:
        """See Detector."""
        yield ClassicTrainer(self._settings, self._max_gap)

    def _count(self, info: ModelInfo, anomalous: bool) -> None:
        origin, judged, found = self._counts.get(info.key, ("", 0, 0))
        if origin != info.sha256:
            judged, found = 0, 0
        self._counts[info.key] = (info.sha256, judged + 1, found + anomalous)


class ClassicTrainer:
    """A `Trainer`: the registry alone serves what it trains."""

    def __init__(self, settings: TrainingSettings, max_gap: float) -> None:
        self._settings = settings
        self._max_gap = max_gap

    def train(self, key: SeriesKey, series: Series, now: float) -> TrainedModel:
        """See Trainer."""
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
        features = features_of(windows_of(series.timestamps, series.values, self._max_gap))[series.compared]
        return replace(model, verdicts=_verdicts(model, features))

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
