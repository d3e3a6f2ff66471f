"""Whole lines of a dataset -> columns, fast: one split for all fields, no table built."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.metrics.dataset_file import COLUMNS, line_time

_WIDTH = len(COLUMNS)
_SHAPE = np.frombuffer(b"0000-00-00T00:00:00", dtype=np.uint8)
_SECONDS = len(_SHAPE)
_DIGITS = ~np.isin(_SHAPE, np.frombuffer(b"-T:", dtype=np.uint8))
_STATUS, _SEVERITY, _SCORE = (COLUMNS.index(name) for name in ("status", "severity", "score"))


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings of one pair in time order, one for each time.

    ``timestamps`` float64[n] in seconds, ``values`` float64[n] (all finite); ``status``, ``severity`` and
    ``score`` object[n] of bytes as they stand in the file, b"" where nobody judged.
    """

    timestamps: NDArray[np.float64]
    values: NDArray[np.float64]
    status: NDArray[np.object_]
    severity: NDArray[np.object_]
    score: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.timestamps)

    def take(self, rows: NDArray[Any]) -> Columns:
        """These rows only: positions, or a mask."""
        return Columns(*(getattr(self, name)[rows] for name in self.__slots__))


def parse_columns(lines: bytes) -> Columns:
    """Whole lines without header -> their readings, as they stand. Lines that are no reading are left out."""
    try:
        return _split(lines)
    except ValueError:
        # A damaged line moves the columns of all that follow: only now each is looked at by itself.
        whole = [line for line in lines.splitlines(keepends=True) if line_time(line) is not None]
        return _split(b"".join(whole))


def merge(parts: Sequence[Columns], start: float, end: float) -> Columns:
    """Several datasets of one pair -> one; of two readings at one time the later dataset's stays."""
    both = Columns(*(np.concatenate([getattr(p, name) for p in parts]) for name in Columns.__slots__))
    both = both.take((both.timestamps >= start) & (both.timestamps <= end))
    if (np.diff(both.timestamps) > 0).all():
        return both
    both = both.take(np.argsort(both.timestamps, kind="stable"))
    return both.take(np.append(np.diff(both.timestamps) > 0, True))


def score_of(text: bytes) -> float | None:
    """A score's field -> the score; None where there is none."""
    try:
        score = float(text)
    except ValueError:
        return None
    return score if math.isfinite(score) else None


def _split(lines: bytes) -> Columns:
    """Raises ValueError where the lines do not all have the shape of a reading."""
    count = lines.count(b"\n")
    fields = lines.replace(b"\n", b",").split(b",")
    fields.pop()  # after the last line feed
    if len(fields) != count * _WIDTH:
        raise ValueError("not all lines have all fields")
    values = np.array([float(text) for text in fields[1::_WIDTH]], dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a value is no number")
    return Columns(
        _seconds(fields[::_WIDTH]),
        values,
        *(_objects(fields[at::_WIDTH]) for at in (_STATUS, _SEVERITY, _SCORE)),
    )


def _seconds(texts: Sequence[bytes]) -> NDArray[np.float64]:
    """``2026-01-01T00:00:00Z`` or with milliseconds -> seconds since the epoch. Raises ValueError."""
    stamps = np.array(texts, dtype="S25")  # one more than the longest, to see what is too long
    letters = stamps.view(np.uint8).reshape(-1, 25)
    whole = (letters[:, _SECONDS] == ord("Z")) & (letters[:, _SECONDS + 1] == 0)
    exact = (letters[:, _SECONDS] == ord(".")) & (letters[:, 23] == ord("Z")) & (letters[:, 24] == 0)
    head = letters[:, :_SECONDS]
    # numpy would make something else than a time of "2026-01-01T00+00:00".
    shaped = (head[:, ~_DIGITS] == _SHAPE[~_DIGITS]).all() and (head[:, _DIGITS] - ord("0") < 10).all()
    if not (shaped and (whole | exact).all()):
        raise ValueError("not all lines begin with a time")
    seconds = stamps.astype(f"S{_SECONDS}").astype("datetime64[s]").astype(np.int64).astype(np.float64)
    if exact.any():
        digits = letters[exact, 20:23].astype(np.int64) - ord("0")
        if ((digits < 0) | (digits > 9)).any():
            raise ValueError("a fraction is no number")
        seconds[exact] += digits @ np.array([100, 10, 1]) / 1000
    return seconds


def _objects(texts: Sequence[bytes]) -> NDArray[np.object_]:
    column = np.empty(len(texts), dtype=np.object_)
    column[:] = texts
    return column
