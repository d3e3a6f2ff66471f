"""Grows view forests from stored readings: replays them without refits, with one at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.detection.arena import ForestArena
from backend.detection.calibration import usual_values
from backend.detection.detector import Series, at_once
from backend.detection.forest_memory import Habits
from backend.detection.manifest import ModelInfo
from backend.detection.registry import ModelSet
from backend.detection.seed import seed_of
from backend.detection.sensitivity import Thresholds
from backend.detection.training import NotEnoughSamples, TrainedModel
from backend.detection.views import VIEWS
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PORTION = 1024
"""Readings that are read in at a time: two milliseconds, which is how long a poll may be kept waiting."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A pair that was grown apart from the live ones; ``seasons``: its views know of earlier weeks."""

    arena: ForestArena
    slot: int
    seasons: bool

    def newest(self) -> float:
        """When its newest reading was, in seconds since the epoch."""
        return float(self.arena.newest(np.array([self.slot]))[0])


def grow(
    arena: ForestArena,
    key: SeriesKey,
    series: Series,
    habits: Habits | None = None,
    give_way: Callable[[], None] = at_once,
) -> Grown:
    """Read a series in and grow the pair's trees from what may be learned of it.

    ``habits``: what is known of the time before; ``give_way`` is called between two portions. The same
    arguments give the same pair: its seed is its name's.
    """
    slot = arena.add(seed_of(key))
    if habits is not None:
        arena.put_habits(slot, habits, float(series.timestamps[0]))
    slots = np.array([slot])
    arena.hold(slots, True)
    _push(arena, slot, series, series.learned, give_way)
    arena.refit(slots)
    arena.hold(slots, False)
    return Grown(arena, slot, habits is not None and habits.seasons)


class ForestTrainer:
    """A `Trainer` of view forests; each of its threads grows them in an arena of its own."""

    def __init__(
        self,
        new_nursery: Callable[[], ForestArena],
        min_samples: int,
        thresholds: Thresholds,
        habits: Callable[[SeriesKey], Habits | None],
        swap_in: Callable[[dict[SeriesKey, Grown], ModelSet], None],
        give_way: Callable[[], None] = at_once,
    ) -> None:
        """``new_nursery``: where pairs grow until ``swap_in`` puts them among the live ones.

        ``habits``: what the views of a live pair know of earlier days; None where it is not live yet.
        """
        self._new_nursery = new_nursery
        self._nurseries = threading.local()
        self._min_samples = min_samples
        self._thresholds = thresholds
        self._habits = habits
        self._swap_in = swap_in
        self._give_way = give_way
        self._grown: dict[SeriesKey, Grown] = {}
        self._trained_at: dict[SeriesKey, float] = {}

    def train(self, key: SeriesKey, series: Series, now: float) -> TrainedModel:
        """See Trainer."""
        learned = int(series.learned.sum())
        if learned < self._min_samples:
            raise NotEnoughSamples(learned, self._min_samples)
        habits = self._known_before(key, series)
        grown = self._grown[key] = grow(self._nursery(), key, series, habits, self._give_way)
        self._trained_at[key] = now
        return TrainedModel(
            key=key,
            forest=grown.arena.model(grown.slot),
            usual=usual_values(series.values[series.learned]),
            samples=learned,
            start=float(series.timestamps[0]),
            end=float(series.timestamps[-1]),
            trained_at=now,
            contamination=0.0,
            detector="view_forest",
            features=VIEWS,
            seasons=grown.seasons,
            verdicts=self._verdicts(key, series, habits, grown) if series.compared.any() else None,
        )

    def limit(self, key: SeriesKey) -> float:
        """See Trainer."""
        return self._thresholds.of(key.metric)

    def has_trained(self, info: ModelInfo) -> bool:
        """Whether this is the entry of a model that was trained here and not dropped."""
        return self._trained_at.get(info.key) == info.trained_at

    def drop(self, key: SeriesKey) -> None:
        """See Trainer."""
        self._trained_at.pop(key, None)
        grown = self._grown.pop(key, None)
        if grown is not None:
            grown.arena.drop(grown.slot)

    def adopt(self, models: ModelSet) -> None:
        """See Trainer."""
        self._swap_in(self._grown, models)

    def _nursery(self) -> ForestArena:
        """The calling thread's: an arena is not for two at once."""
        if not hasattr(self._nurseries, "arena"):
            self._nurseries.arena = self._new_nursery()
        arena: ForestArena = self._nurseries.arena
        return arena

    def _known_before(self, key: SeriesKey, series: Series) -> Habits | None:
        """What the live pair knows of earlier days and weeks; of weeks, what was read in if it was."""
        live = self._habits(key)
        if series.older is None:
            return live
        nursery = self._nursery()
        read = nursery.habits_from(*series.older)
        return read if live is None else read._replace(peaks=live.peaks, latest_peak=live.latest_peak)

    def _verdicts(self, key: SeriesKey, series: Series, habits: Habits | None, grown: Grown) -> BoolArray:
        """What the new trees, as they are, make of the compared readings."""
        slot = grown.arena.add(seed_of(key))
        grown.arena.put_model(slot, grown.arena.model(grown.slot))
        if habits is not None:
            grown.arena.put_habits(slot, habits, float(series.timestamps[0]))
        grown.arena.hold(np.array([slot]), True)
        scores = _push(grown.arena, slot, series, np.zeros_like(series.learned), self._give_way)
        grown.arena.drop(slot)
        verdicts: BoolArray = scores[series.compared] >= self.limit(key)
        return verdicts


def _push(
    arena: ForestArena, slot: int, series: Series, learned: BoolArray, give_way: Callable[[], None]
) -> FloatArray:
    """Read a series in, a portion at a time; its scores."""
    scores = np.empty(len(series.values))
    for first in range(0, len(scores), PORTION):
        give_way()
        some = slice(first, first + PORTION)
        values = series.values[some]
        slots = np.full(len(values), slot)
        scores[some] = arena.push(slots, series.timestamps[some], values, learned[some])
    return scores
