"""Labelled and unlabelled series in CSV files, read as they are and written back with scores and alerts."""

from __future__ import annotations

import csv
import logging
import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.evaluation.detectors import Detector
from backend.evaluation.timestamps import Timestamps
from backend.metrics.visible import visible

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SCORE, ALERT = "anomaly_score", "alert"
_NUMBERS = ("value", "label", SCORE, ALERT)
_WORDS = {"true": 1.0, "false": 0.0}


class NotASeries(Exception):
    """The file cannot be read, or has no ``timestamp`` and ``value`` columns; the text says which."""


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of a CSV file's rows, in the file's order.

    ``timestamps`` float64[n] seconds and ``values`` float64[n] are NaN where a cell cannot be read;
    ``labels`` bool[n], ``scores`` float64[n] and ``alerts`` bool[n] where the file has the columns ``label``,
    ``anomaly_score`` and ``alert``, else None. ``header`` is the file's own.
    """

    path: Path
    header: list[str]
    timestamps: FloatArray
    values: FloatArray
    labels: BoolArray | None
    scores: FloatArray | None = None
    alerts: BoolArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def usable(self) -> BoolArray:
        """Rows that a detector can be shown: bool[n]."""
        usable: BoolArray = np.isfinite(self.timestamps) & np.isfinite(self.values)
        return usable

    @property
    def unread(self) -> int:
        """How many rows have no timestamp or no value that can be read."""
        return len(self) - int(self.usable.sum())

    @property
    def by_time(self) -> NDArray[np.intp]:
        """The usable rows in order of time; rows with equal timestamps keep the file's order."""
        usable = np.flatnonzero(self.usable)
        return usable[np.argsort(self.timestamps[usable], kind="stable")]


def read_series(path: Path) -> Series:
    """Read one CSV; column names in any case. Raises NotASeries."""
    try:
        lines = _lines(path)
        header = next(lines, [])
        columns = _columns(path, header)
        stamps, cells = Timestamps(), {name: array("d") for name in _NUMBERS if name in columns}
        for row in lines:
            stamps.append(_cell(row, columns["timestamp"]))
            for name, numbers in cells.items():
                numbers.append(_number(_cell(row, columns[name])))
    except OSError as error:
        raise NotASeries(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotASeries(f"{path} is no CSV: {error}") from error
    found = {name: np.array(numbers, dtype=np.float64) for name, numbers in cells.items()}
    return Series(
        path=path,
        header=header,
        timestamps=stamps.seconds(),
        values=found["value"],
        labels=found["label"] > 0 if "label" in found else None,
        scores=found.get(SCORE),
        alerts=found[ALERT] > 0 if ALERT in found else None,
    )


def tell_unread(series: Series) -> None:
    """Say in the log how many rows of a series no detector is shown."""
    if series.unread:
        log.warning("%s: %d unreadable rows not scored", visible(str(series.path)), series.unread)


def series_below(folder: Path) -> Iterator[Path]:
    """The CSV files below a folder, in the order of their paths; links to nothing too."""
    return iter(
        sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv" and not path.is_dir())
    )


def stream(detector: Detector, series: Series) -> FloatArray:
    """Show a series to a detector in order of time; scores in the file's order, 0 for unusable rows."""
    order = series.by_time
    scores = np.zeros(len(series))
    scores[order] = detector.scorer.score(series.timestamps[order], series.values[order])
    return scores


def published(detector: Detector, series: Series, scores: FloatArray) -> FloatArray:
    """The scores of `stream` as they are written, in the file's order."""
    order = series.by_time
    written = np.zeros(len(series))
    written[order] = detector.published(scores[order])
    return written


def alerts(
    detector: Detector, series: Series, scores: FloatArray, threshold: float | None = None
) -> BoolArray:
    """The rows, in the file's order, at which the detector would have sent an alert."""
    order = series.by_time
    raised = np.zeros(len(series), dtype=bool)
    raised[order] = detector.alerts(series.timestamps[order], scores[order], threshold)
    return raised


def weeks_of(series: Series) -> float:
    """How many weeks lie between the first reading and the last."""
    times = series.timestamps[series.usable]
    return float(np.ptp(times)) / (7 * 86_400) if len(times) else 0.0


def write_scored(series: Series, scores: FloatArray, raised: BoolArray, path: Path) -> None:
    """Write the file's own text with the columns ``anomaly_score`` and ``alert``, replacing old ones.

    What a row has beyond the header stays beyond it, behind these two. Whoever reads ``path`` sees all of it
    or what was there before. Raises OSError, and NotASeries for a file that has become shorter since it was
    read.
    """
    kept = [at for at, name in enumerate(series.header) if name.strip().lower() not in (SCORE, ALERT)]
    path.parent.mkdir(parents=True, exist_ok=True)
    # Named for the process alone: a name may be as long as a file system allows.
    temporary = path.with_name(f".{os.getpid()}.tmp")
    try:
        with temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            writer = csv.writer(file, lineterminator="\n")
            lines = _lines(series.path)
            header = next(lines, [])
            writer.writerow([*_kept(header, kept), SCORE, ALERT])
            for score, alert in zip(scores.tolist(), raised.tolist(), strict=True):
                row = next(lines, None)
                if row is None:
                    raise NotASeries(f"{series.path} has become shorter while it was read")
                beyond = row[len(header) :]
                writer.writerow([*_kept(row, kept), f"{score:.6f}", int(alert), *beyond])
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _kept(row: Sequence[str], columns: Sequence[int]) -> list[str]:
    return [_cell(row, at) for at in columns]


def _cell(row: Sequence[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _lines(path: Path) -> Iterator[list[str]]:
    """The rows as text. Bytes that are no UTF-8 are kept as they are: columns nobody reads may hold any."""
    with path.open("rb") as file:
        marked = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    encoding = "utf-16" if marked else "utf-8-sig"
    with path.open(newline="", encoding=encoding, errors="surrogateescape") as text:
        yield from (line for line in csv.reader(text) if line)


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Where each column is, by its name in small letters; the first one where two have a name."""
    columns = {name.strip().lower(): at for at, name in reversed(list(enumerate(header)))}
    if {"timestamp", "value"} <= columns.keys():
        return columns
    if not header:
        raise NotASeries(f"{path} is empty")
    other = next((mark for mark in ";\t|" if mark in header[0]), None)
    hint = f": its cells are parted by {other!r}, and commas are needed" if other else ""
    raise NotASeries(f"{path} has no columns timestamp and value{hint}")


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return _WORDS.get(cell.strip().lower(), np.nan)
