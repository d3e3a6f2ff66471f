"""From a pair's stored readings to its new model, held against what was said of the recent ones live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.clock import Clock
from backend.detection.detector import Series, Trainer
from backend.detection.promotion import Comparison, changes, why_not
from backend.detection.registry import ModelRegistry
from backend.detection.training import TrainedModel
from backend.jobs.learning import Learning
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey, Verdict

FloatArray = NDArray[np.float64]
Older = Mapping[SeriesKey, tuple[FloatArray, FloatArray]]
"""Coarse readings of the weeks before the stored ones: float64[n] seconds and values."""

_COMPARED = 86400.0
"""Seconds of recent readings on which a new model is held against what was said of them live."""


class PairTraining:
    """Reads, trains and compares one pair at a time; may be used by several threads at once."""

    def __init__(
        self,
        history: HistoryStore,
        registry: ModelRegistry,
        learning: Learning,
        clock: Clock,
        window: float,
    ) -> None:
        """``window``: how much of the past a model learns from, in seconds."""
        self._history = history
        self._registry = registry
        self._learning = learning
        self._clock = clock
        self._window = window

    def train(
        self, key: SeriesKey, trainer: Trainer, older: Older, *, force: bool
    ) -> tuple[TrainedModel, str]:
        """A pair's new model, and why it should not serve: empty where it may.

        ``force``: it serves however much it differs. Raises NotEnoughSamples, HistoryError, StoreError and
        ValueError.
        """
        now = self._clock.now()
        stored = self._history.columns(key, now - self._window, now)
        learned = self._learning.at_last(key, stored)
        present = self._registry.current.models.get(key)
        scored = np.array([score != b"" for score in stored.score], dtype=np.bool_)
        compared = learned & scored & (stored.timestamps >= now - _COMPARED) & (present is not None)
        series = Series(stored.timestamps, stored.values, learned, compared, older.get(key))
        model = trainer.train(key, series, now)
        if present is None:
            return model, ""
        comparison = None
        if model.verdicts is not None:
            live = stored.status[compared] == Verdict.ANOMALY.encode()
            comparison = Comparison.of(np.asarray(live, dtype=np.bool_), model.verdicts)
        changed = changes(present.samples, model.samples, comparison)
        off = "" if force or comparison is None else why_not(comparison)
        return replace(model, changed=changed), off
