"""Brings the live forests to the present: after a restart, after a gap, and after a training by hand."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

import numpy as np

from backend.detection.arena import ForestArena
from backend.detection.detector import Series
from backend.detection.forest_memory import PairModel
from backend.detection.forest_trainer import grow
from backend.detection.live_forest import LiveForest
from backend.detection.manifest import ModelInfo
from backend.detection.model_file import Refused
from backend.detection.registry import ModelRegistry
from backend.incidents.schema import StoreError
from backend.jobs.learning import Learning
from backend.metrics.columns import Columns
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

_LONGEST = 2.0
_SHARE = 0.25
"""A poll spends at most so many seconds, and this share of its interval, on growing pairs again."""


class Recovery:
    """Grows what is missing from the datasets and pushes what was stored since; the poll thread's alone.

    What a pair becomes depends on its model's entry in the manifest and on its stored readings alone: those
    the model was trained on are replayed as its training did, those after them as if they came live. So a
    restart gives the scores that an uninterrupted run would have given.
    """

    def __init__(
        self,
        *,
        interval: float,
        history: HistoryStore,
        registry: ModelRegistry,
        forest: LiveForest,
        learning: Learning,
    ) -> None:
        self._interval = interval
        self._seconds = min(_LONGEST, _SHARE * interval)
        self._history = history
        self._registry = registry
        self._forest = forest
        self._learning = learning

    def catch_up(self, present: Collection[SeriesKey], changed: Collection[SeriesKey], at: float) -> None:
        """Before the poll of ``at`` is judged.

        ``present`` are the pairs that have a value now; ``changed`` those whose stored past may hold readings
        that the forests have not seen.
        """
        until = time.monotonic() + self._seconds
        nursery = ForestArena(self._interval, self._forest.zone)
        models = self._registry.current.models
        served = {key: models[key] for key in present if key in models}
        lacking = dict.fromkeys(self._forest.lacking(served, at))
        due = [key for key in changed if key in served and key not in lacking]
        for key in (*due, *lacking):
            try:
                if key in lacking and time.monotonic() < until:
                    self._grow(nursery, key, served[key], at)
                elif key in changed:
                    # One that waits is judged by what it has: that must not have a hole either.
                    self._push(key, self._forest.newest(key), at)
            except (HistoryError, StoreError) as error:
                log.error("the past of %r, %s cannot be read in: %s", key.service, key.metric, error)

    def _push(self, key: SeriesKey, newest: float, at: float) -> None:
        if newest == -np.inf:
            return
        stored = self._history.columns(key, newest, at)
        learned = self._learning.then(key, stored)
        self._forest.catch_up(key, stored.timestamps, stored.values, learned)

    def _grow(self, nursery: ForestArena, key: SeriesKey, info: ModelInfo, at: float) -> None:
        """Replay what the model was trained on, then all that came since.

        What the views of a live pair remember reaches further back: they stay, and go on to the present.
        """
        held = self._held(key, info)
        stored = self._history.columns(key, info.start, at)
        trained = stored.take(stored.timestamps <= info.end)
        if not len(trained):
            log.warning("%r, %s: none of the readings of its model are stored", key.service, key.metric)
            return
        grown = grow(nursery, key, self._series(key, trained), self._forest.habits(key))
        rest = stored.take(stored.timestamps > info.end)
        learned = self._learning.then(key, stored)
        slots = np.full(len(rest), grown.slot)
        nursery.push(slots, rest.timestamps, rest.values, learned[len(trained) :])
        self._forest.catch_up(key, stored.timestamps, stored.values, learned)
        self._forest.take(key, grown, info.sha256, held=held)
        nursery.drop(grown.slot)

    def _series(self, key: SeriesKey, stored: Columns) -> Series:
        learned = self._learning.at_last(key, stored)
        return Series(stored.timestamps, stored.values, learned, np.zeros_like(learned))

    def _held(self, key: SeriesKey, info: ModelInfo) -> PairModel | None:
        """The tables of a model that was gone back to; the others grow anew from the same readings."""
        if not info.held:
            return None
        try:
            model = self._registry.read(key)
        except Refused as error:
            log.error("%s", error)
            return None
        return model if isinstance(model, PairModel) else None
