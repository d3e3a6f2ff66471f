"""Reads timestamps as people write them: ISO dates and times, dates of eight digits, and epochs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_EPOCH_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
"""Epoch stamps from this size on count that many units a second: no one's seconds reach the year 5138."""

_FARTHEST = 6e10
"""Nineteen centuries from 1970: what lies further away is no timestamp, and no calendar has it."""


class Timestamps:
    """A column of timestamps, cell by cell.

    Eight digits are a date (``20260131``) where every cell of the column that can be read is one, and else
    seconds since the epoch, of 1970 to 1973: one such cell alone does not tell.
    """

    def __init__(self) -> None:
        self._epochs = array("d")
        self._dates: array[float] | None = array("d")

    def append(self, cell: str) -> None:
        """Take the next cell; white space around it does not matter."""
        cell = cell.strip()
        seconds = _seconds(cell)
        self._epochs.append(seconds)
        if self._dates is not None:
            date = _compact_date(cell)
            if np.isnan(date) and not np.isnan(seconds):
                self._dates = None
            else:
                self._dates.append(date)

    def seconds(self) -> FloatArray:
        """Seconds since the epoch, float64[n]; NaN where a cell cannot be read, UTC where it has no zone."""
        return np.array(self._epochs if self._dates is None else self._dates, dtype=np.float64)


def seconds_of(cells: Iterable[str]) -> FloatArray:
    """The seconds of a column of cells, see `Timestamps`: float64[n]."""
    column = Timestamps()
    for cell in cells:
        column.append(cell)
    return column.seconds()


def _seconds(cell: str) -> float:
    """Seconds since the epoch of an epoch or ISO stamp; without a zone it is taken for UTC."""
    try:
        number = float(cell)
    except ValueError:
        return _of_calendar(cell)
    if not np.isfinite(number):
        return np.nan
    seconds = next(number / unit for least, unit in _EPOCH_UNITS if abs(number) >= least)
    return seconds if abs(seconds) <= _FARTHEST else np.nan


def _compact_date(cell: str) -> float:
    return _of_calendar(cell) if len(cell) == 8 and cell.isascii() and cell.isdigit() else np.nan


def _of_calendar(cell: str) -> float:
    try:
        stamp = datetime.fromisoformat(cell)
    except ValueError:
        return np.nan
    seconds = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    return seconds if abs(seconds) <= _FARTHEST else np.nan
