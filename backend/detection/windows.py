"""The live pairs' recent values: one row of a ring for each pair, read by `features_of`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.detection.features import ROLLING_WINDOW
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
_FIRST_CAPACITY = 64


class RecentWindows:
    """The newest ROLLING_WINDOW values of every live pair; used by the poll thread alone."""

    def __init__(self, max_gap: float) -> None:
        self._max_gap = max_gap
        self._slots: dict[SeriesKey, int] = {}
        self._free: list[int] = list(range(_FIRST_CAPACITY))
        self._values = np.full((_FIRST_CAPACITY, ROLLING_WINDOW), np.nan)
        self._newest = np.full(_FIRST_CAPACITY, -np.inf)

    def __contains__(self, key: SeriesKey) -> bool:
        return key in self._slots

    def load(self, key: SeriesKey, timestamps: FloatArray, values: FloatArray) -> None:
        """Take the newest of a pair's stored readings, ascending; what lies before a long gap is left out."""
        slot = self._slot(key)
        self._values[slot] = np.nan
        if not len(values):
            return
        gaps = np.flatnonzero(np.diff(timestamps) > self._max_gap)
        recent = values[gaps[-1] + 1 :] if len(gaps) else values
        recent = recent[-ROLLING_WINDOW:]
        self._values[slot, ROLLING_WINDOW - len(recent) :] = recent
        self._newest[slot] = timestamps[-1]

    def push(self, keys: Sequence[SeriesKey], values: FloatArray, timestamp: float) -> FloatArray:
        """Add one value to each pair; returns their windows float64[n, ROLLING_WINDOW], the new value last.

        A pair whose newest value is not older (a poll repeated by a restart) has it replaced, not doubled.
        """
        slots = np.array([self._slot(key) for key in keys], dtype=np.intp)
        silent = timestamp - self._newest[slots] > self._max_gap
        self._values[slots[silent]] = np.nan
        moving = slots[timestamp > self._newest[slots]]
        self._values[moving, :-1] = self._values[moving, 1:]
        self._values[slots, -1] = values
        self._newest[slots] = timestamp
        return self._values[slots]

    def recent(self, keys: Sequence[SeriesKey]) -> FloatArray:
        """The pairs' windows as they stand: float64[n, ROLLING_WINDOW], NaN where nothing is known."""
        slots = [self._slots.get(key, -1) for key in keys]
        windows = self._values[slots]
        windows[np.array(slots) < 0] = np.nan
        return windows

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        """Free the slots of pairs that are gone."""
        for key in keys:
            slot = self._slots.pop(key, None)
            if slot is not None:
                self._values[slot] = np.nan
                self._newest[slot] = -np.inf
                self._free.append(slot)

    def _slot(self, key: SeriesKey) -> int:
        slot = self._slots.get(key)
        if slot is None:
            if not self._free:
                capacity = len(self._newest)
                self._values = np.vstack([self._values, np.full_like(self._values, np.nan)])
                self._newest = np.concatenate([self._newest, np.full(capacity, -np.inf)])
                self._free = list(range(capacity, 2 * capacity))
            slot = self._slots[key] = self._free.pop()
        return slot
