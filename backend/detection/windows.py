"""The live pairs' recent values: one row of a ring for each pair, read by `features_of`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.detection.features import ROLLING_WINDOW
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
_FIRST_CAPACITY = 64


class RecentValues(Mapping[SeriesKey, list[float | None]]):
    """Pairs' newest values, oldest first, None where one is missing: made when one is asked for."""

    def __init__(self, slots: Mapping[SeriesKey, int], windows: FloatArray) -> None:
        """``slots``: each pair's row of float64[n, ROLLING_WINDOW], -1 where it has none."""
        self._slots = slots
        self._windows = windows

    def __getitem__(self, key: SeriesKey) -> list[float | None]:
        slot = self._slots[key]
        if slot < 0:
            return [None] * self._windows.shape[1]
        return [value if value == value else None for value in self._windows[slot].tolist()]

    def __iter__(self) -> Iterator[SeriesKey]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)


class RecentWindows:
    """The newest ROLLING_WINDOW values of every live pair; used by the poll thread alone."""

    def __init__(self, max_gap: float) -> None:
        self._max_gap = max_gap
        self._slots: dict[SeriesKey, int] = {}
        self._free: list[int] = list(range(_FIRST_CAPACITY))
        self._values = np.full((_FIRST_CAPACITY, ROLLING_WINDOW), np.nan)
        self._newest = np.full(_FIRST_CAPACITY, -np.inf)
        # Poll after poll brings the same pairs: their slots are looked up when that changes.
        self._pushed: list[SeriesKey] | None = None
        self._pushed_slots = np.zeros(0, dtype=np.intp)

    def unknown(self, keys: Iterable[SeriesKey]) -> set[SeriesKey]:
        """Those of the pairs of which nothing was read yet."""
        return set(keys) - self._slots.keys()

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
        if self._pushed != keys:
            self._pushed_slots = np.array([self._slot(key) for key in keys], dtype=np.intp)
            self._pushed = list(keys)
        slots = self._pushed_slots
        silent = timestamp - self._newest[slots] > self._max_gap
        self._values[slots[silent]] = np.nan
        moving = slots[timestamp > self._newest[slots]]
        self._values[moving, :-1] = self._values[moving, 1:]
        self._values[slots, -1] = values
        self._newest[slots] = timestamp
        return self._values[slots]

    def recent(self, key: SeriesKey) -> FloatArray:
        """A pair's known newest values, oldest first: float64[n]."""
        slot = self._slots.get(key)
        if slot is None:
            return np.empty(0)
        values = self._values[slot]
        known: FloatArray = values[~np.isnan(values)]
        return known

    def snapshot(self, keys: Collection[SeriesKey]) -> RecentValues:
        """The pairs' windows as they stand."""
        slots = self._slots
        return RecentValues({key: slots.get(key, -1) for key in keys}, self._values.copy())

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        """Free the slots of pairs that are gone."""
        self._pushed = None
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
