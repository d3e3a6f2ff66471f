"""Which slot each live pair has, and what is kept of a slot beside its forest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class SlotTable:
    """Pair -> slot, and row i of every array for slot i.

    ``expected`` float64[slots, 2] the range found last, NaN: none; ``counts`` int64[slots, 2] readings judged
    by the present model, and anomalous ones among them; ``origins`` the digest of the model it came from.
    ``seasons`` are the pairs whose views know of earlier weeks.
    """

    def __init__(self) -> None:
        self._slots: dict[SeriesKey, int] = {}
        self.expected = np.empty((0, 2))
        self.counts = np.zeros((0, 2), dtype=np.int64)
        self.origins: list[str] = []
        self.seasons: set[SeriesKey] = set()
        self._asked: list[SeriesKey] | None = None
        self._found: IntArray = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._slots)

    def items(self) -> Iterator[tuple[SeriesKey, int]]:
        yield from self._slots.items()

    def get(self, key: SeriesKey) -> int | None:
        return self._slots.get(key)

    def find(self, keys: Sequence[SeriesKey]) -> IntArray:
        """The pairs' slots, -1 where one has none: int64[n].

        Poll after poll asks for the same pairs: what was found last is told again while nothing has changed.
        """
        if self._asked != keys:
            self._found = np.fromiter((self._slots.get(k, -1) for k in keys), dtype=np.int64, count=len(keys))
            self._asked = list(keys)
        return self._found.copy()

    def put(self, key: SeriesKey, slot: int, origin: str, counts: Sequence[int] = (0, 0)) -> None:
        """Give the pair this slot."""
        missing = slot + 1 - len(self.origins)
        if missing > 0:
            more = max(missing, len(self.origins))
            self.expected = np.vstack([self.expected, np.full((more, 2), np.nan)])
            self.counts = np.vstack([self.counts, np.zeros((more, 2), dtype=np.int64)])
            self.origins += [""] * more
        self._slots[key] = slot
        self._asked = None
        self.begin(slot, origin)
        self.counts[slot] = counts

    def describe(self, slots: range) -> list[tuple[int, str, str, str, int, int]]:
        """Slot, service, metric, origin and counts of the pairs in these slots, in order, for a file."""
        return sorted(
            (slot, key.service, key.metric, self.origins[slot], *self.counts[slot].tolist())
            for key, slot in self._slots.items()
            if slot in slots
        )

    def pop(self, key: SeriesKey) -> int | None:
        """Take the slot away from the pair."""
        self.seasons.discard(key)
        self._asked = None
        return self._slots.pop(key, None)

    def begin(self, slot: int, origin: str) -> None:
        """Another model serves from here on."""
        self.expected[slot] = np.nan
        self.counts[slot] = 0
        self.origins[slot] = origin

    def count(self, slots: IntArray, anomalous: BoolArray) -> None:
        """Count a poll's readings, one for each of int64[n] slots."""
        self.counts[slots, 0] += 1
        self.counts[slots, 1] += anomalous
