"""From a pair's stored readings to its new model, held against what was said of the recent ones live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.clock import Clock
from backend.detection.detector import Series, Trainer
from backend.detection.promotion import Comparison, changes, recent, why_not
from backend.detection.registry import ModelRegistry
from backend.detection.training import TrainedModel
from backend.jobs.learning import Learning
from backend.metrics.columns import Columns, merge
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey, Verdict

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Older = Mapping[SeriesKey, tuple[FloatArray, FloatArray]]
"""Coarse readings of the weeks before the stored ones: float64[n] seconds and values."""

_AT_ONCE = 4096
"""Readings that are read at a time: a few milliseconds, in which the interpreter is nobody else's."""


class PairTraining:
    """Reads, trains and compares one pair at a time; may be used by several threads at once."""

    def __init__(
        self,
        history: HistoryStore,
        registry: ModelRegistry,
        learning: Learning,
        clock: Clock,
        window: float,
        interval: float,
    ) -> None:
        """``window``: how much of the past a model learns from; ``interval`` between polls; in seconds."""
        self._history = history
        self._registry = registry
        self._learning = learning
        self._clock = clock
        self._window = window
        self._interval = interval
        self._recent = recent(interval)

    def train(
        self, key: SeriesKey, trainer: Trainer, older: Older, *, force: bool, give_way: Callable[[], None]
    ) -> tuple[TrainedModel, str]:
        """A pair's new model, and why it should not serve: empty where it may.

        ``force``: it serves however much it differs. ``give_way`` is called between two portions, as the
        ``trainer`` calls its own. Raises NotEnoughSamples, HistoryError, StoreError and ValueError.
        """
        now = self._clock.now()
        stored = self._stored(key, now, give_way)
        learned = self._learning.at_last(key, stored)
        present = self._registry.current.models.get(key)
        live = _live(stored, trainer.limit(key))
        # What another detector said, on a scale of its own, is nothing to be held against.
        since = now if present is None else max(present.since or 0.0, now - self._recent)
        compared = learned & (stored.score != b"") & (stored.timestamps >= since) & (present is not None)
        series = Series(stored.timestamps, stored.values, learned, compared, older.get(key))
        model = replace(trainer.train(key, series, now), since=now if present is None else present.since)
        if present is None:
            return model, ""
        comparison = None
        if model.verdicts is not None:
            comparison = Comparison.of(live[compared], model.verdicts)
        changed = changes(present.samples, model.samples, comparison)
        off = "" if force or comparison is None else why_not(comparison)
        return replace(model, changed=changed), off

    def _stored(self, key: SeriesKey, now: float, give_way: Callable[[], None]) -> Columns:
        """The readings of the window."""
        first, parts = now - self._window, []
        for start in np.arange(first, now, _AT_ONCE * self._interval).tolist():
            give_way()
            parts.append(self._history.columns(key, start, start + _AT_ONCE * self._interval))
        return merge(parts, first, now)


def _live(stored: Columns, limit: float | None) -> BoolArray:
    """Which readings were anomalous by their live scores: from ``limit`` on, whatever it was then.

    Without one, what was said of them counts.
    """
    if limit is None:
        return np.asarray(stored.status == Verdict.ANOMALY.encode(), dtype=np.bool_)
    return np.array([score != b"" and float(score) >= limit for score in stored.score], dtype=np.bool_)
