"""Labelled and unlabelled series in CSV files, read as they are and written back with scores and alerts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.evaluation.detectors import Detector

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SCORE, ALERT = "anomaly_score", "alert"
_EPOCH_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
"""Epoch stamps from this size on count that many units a second: no one's seconds reach the year 5138."""


_FARTHEST = 6e10
"""Nineteen centuries from 1970: what lies further away is no timestamp, and no calendar has it."""


class NotASeries(Exception):
    """The file has no rows with a ``timestamp`` and a ``value`` column."""


@dataclass(frozen=True, slots=True)
class Series:
    """A CSV file's rows in the file's order.

    ``timestamps`` float64[n] seconds and ``values`` float64[n] are NaN where a cell cannot be read;
    ``labels`` bool[n] where there is a ``label`` column, else None. ``header``
    and ``rows`` are the file's text.
    """

    path: Path
    header: list[str]
    rows: list[list[str]]
    timestamps: FloatArray
    values: FloatArray
    labels: BoolArray | None

    @property
    def usable(self) -> BoolArray:
        """Rows that a detector can be shown: bool[n]."""
        usable: BoolArray = np.isfinite(self.timestamps) & np.isfinite(self.values)
        return usable


def read_series(path: Path) -> Series:
    """Read one CSV; column names in any case. Raises NotASeries."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotASeries(f"{path}: {error}") from error
    header, rows = (lines[0], lines[1:]) if lines else ([], [])
    columns = {name.strip().lower(): at for at, name in reversed(list(enumerate(header)))}
    if not {"timestamp", "value"} <= columns.keys():
        raise NotASeries(f"{path} has no columns timestamp and value")

    def cells(name: str) -> Iterator[str]:
        at = columns[name]
        return (row[at].strip() if at < len(row) else "" for row in rows)

    return Series(
        path=path,
        header=header,
        rows=rows,
        timestamps=np.array([_seconds(cell) for cell in cells("timestamp")], dtype=np.float64),
        values=np.array([_number(cell) for cell in cells("value")], dtype=np.float64),
        labels=np.array([_number(cell) > 0 for cell in cells("label")], dtype=bool)
        if "label" in columns
        else None,
    )


def series_below(folder: Path) -> Iterator[Path]:
    """The CSV files below a folder, in the order of their paths."""
    return iter(
        sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv" and path.is_file())
    )


def stream(detector: Detector, series: Series) -> FloatArray:
    """Show a series to a detector in order of time; scores in the file's order, 0 for unusable rows.

    Rows with equal timestamps keep the file's order.
    """
    order = _by_time(series)
    scores = np.zeros(len(series.rows))
    scores[order] = detector.scorer.score(series.timestamps[order], series.values[order])
    return scores


def published(detector: Detector, series: Series, scores: FloatArray) -> FloatArray:
    """The scores of `stream` as they are written, in the file's order."""
    order = _by_time(series)
    written = np.zeros(len(series.rows))
    written[order] = detector.published(scores[order])
    return written


def alerts(
    detector: Detector, series: Series, scores: FloatArray, threshold: float | None = None
) -> BoolArray:
    """The rows, in the file's order, at which the detector would have sent an alert."""
    order = _by_time(series)
    raised = np.zeros(len(series.rows), dtype=bool)
    raised[order] = detector.alerts(series.timestamps[order], scores[order], threshold)
    return raised


def write_scored(series: Series, scores: FloatArray, raised: BoolArray, path: Path) -> None:
    """Write the file's own text with the columns ``anomaly_score`` and ``alert``, replacing old ones."""
    kept = [at for at, name in enumerate(series.header) if name.strip().lower() not in (SCORE, ALERT)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([series.header[at] for at in kept] + [SCORE, ALERT])
        for row, score, alert in zip(series.rows, scores.tolist(), raised.tolist(), strict=True):
            cells = [row[at] if at < len(row) else "" for at in kept]
            writer.writerow([*cells, f"{score:.6f}", int(alert)])


def _by_time(series: Series) -> NDArray[np.intp]:
    usable = np.flatnonzero(series.usable)
    return usable[np.argsort(series.timestamps[usable], kind="stable")]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _seconds(cell: str) -> float:
    """Seconds since the epoch of an epoch or ISO stamp; without a zone it is taken for UTC."""
    number = _number(cell)
    if np.isfinite(number):
        seconds = next(number / unit for least, unit in _EPOCH_UNITS if abs(number) >= least)
    else:
        try:
            stamp = datetime.fromisoformat(cell)
        except ValueError:
            return np.nan
        seconds = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    return seconds if abs(seconds) <= _FARTHEST else np.nan
