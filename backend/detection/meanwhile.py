"""What polls bring while a training grows pairs apart from the live ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import Batch
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Meanwhile:
    """The polls' batches in the order they came. One thread adds them, another one looks pairs up."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._rows: list[dict[SeriesKey, int]] = []

    def __len__(self) -> int:
        return len(self._batches)

    def add(self, batch: Batch) -> None:
        """A poll was judged."""
        self._batches.append(batch)

    def readings(
        self, key: SeriesKey, first: int, end: int | None = None
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """A pair's readings of these polls: seconds and values, float64[n], and whether each is learned."""
        self._index()
        found = [
            (batch, row)
            for batch, rows in zip(self._batches[first:end], self._rows[first:end], strict=False)
            if (row := rows.get(key)) is not None
        ]
        return (
            np.array([batch.at for batch, _ in found], dtype=np.float64),
            np.array([batch.values[row] for batch, row in found], dtype=np.float64),
            np.array([batch.learned[row] for batch, row in found], dtype=np.bool_),
        )

    def _index(self) -> None:
        """Know each batch's rows by their pairs; one poll after another has the same as a rule."""
        for number in range(len(self._rows), len(self._batches)):
            keys = self._batches[number].keys
            if number and self._batches[number - 1].keys == keys:
                self._rows.append(self._rows[number - 1])
            else:
                self._rows.append({key: row for row, key in enumerate(keys)})
