"""The readings on disk: two CSV files a pair, ``<service>/history/<metric>.csv`` and ``.../anomaly/...``."""

from __future__ import annotations

import csv
import fcntl
import io
import logging
import math
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.metrics.columns import Columns, merge, parse_columns
from backend.metrics.dataset_file import COLUMNS, HEADER, DatasetFile, HistoryError, line_time, read_lines
from backend.metrics.folders import folder_name, make_folder, service_name
from backend.metrics.readings import Reading, SeriesKey, Verdict

__all__ = ["CLOCK_ERROR", "HistoryError", "HistoryStore", "StoredSeries"]

_LOG = logging.getLogger(__name__)

Source = Literal["live", "backfill"]
_HISTORY, _ANOMALY = "history", "anomaly"
_DATASETS = (_HISTORY, _ANOMALY)
CLOCK_ERROR = 3600.0
"""Seconds by which a stored reading must be ahead of the present to tell of a clock that was wrong."""
_FEATURES = ("delta", "rolling_mean", "rolling_std", "zscore")
_WORDS = ("status", "severity", "source")


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """The stored readings of one pair, sorted by time, one for each time.

    ``timestamps`` float64[n] in seconds, ``values`` float64[n] (all finite), ``anomalous`` bool[n].
    """

    timestamps: NDArray[np.float64]
    values: NDArray[np.float64]
    anomalous: NDArray[np.bool_]


class HistoryStore:
    """All datasets under one folder. Safe for several threads and, for writers, several processes.

    Timestamps are kept to the millisecond. A pair that cannot be read or written is that pair's own
    failure (HistoryError), never the others'.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._files: dict[tuple[SeriesKey, str], DatasetFile] = {}

    @property
    def root(self) -> Path:
        """The folder that holds them all."""
        return self._root

    def append(self, readings: Sequence[Reading], source: Source) -> dict[SeriesKey, str]:
        """Write the readings that have a value and are newer than their pair's last stored one.

        Where that one lies more than CLOCK_ERROR ahead, the clock was wrong when it was written and is right
        again: the reading is then sorted in, unless its time has one. An anomalous reading goes to
        ``anomaly``, every other one to ``history``. Returns the pairs that could not be written, with the
        reason; all others are written when it returns (and survive a kill).
        """
        groups: dict[SeriesKey, list[Reading]] = defaultdict(list)
        for reading in readings:
            if reading.value is not None and math.isfinite(reading.value):
                groups[reading.key].append(reading)
        failed = {}
        try:
            with self._writing():
                for key, group in groups.items():
                    try:
                        self._append(key, group, source)
                    except HistoryError as error:
                        failed[key] = error.detail
        except HistoryError as error:
            return dict.fromkeys(groups, error.detail)
        return failed

    def backfill(self, key: SeriesKey, timestamps: NDArray[np.float64], values: NDArray[np.float64]) -> int:
        """Store the samples (float64[n] each) at times that have no reading yet; returns how many.

        They may be older than what is stored or lie between. Their status is Unknown: nobody judged them.
        Raises HistoryError; then none or, where they were simply newer, a first part is stored.
        """
        samples = zip(timestamps.tolist(), values.tolist(), strict=True)
        rows = {_millis(time): value for time, value in samples if math.isfinite(time + value)}
        if not rows:
            return 0
        with self._writing():
            history = self._file(key, _HISTORY)
            if not _all_newer(rows, self._newest(key)):
                known = self._known(key)
                rows = {time: value for time, value in rows.items() if time not in known}
            if not rows:
                return 0
            self._make_folder(key)
            lines = {time: _backfilled_line(time, rows[time]) for time in sorted(rows)}
            if _all_newer(lines, history.newest()):
                history.append(b"".join(lines.values()), max(lines))
            else:
                history.insert(lines)
        return len(rows)

    def keys(self) -> list[SeriesKey]:
        """The pairs that have a dataset, sorted."""
        found = set()
        try:
            for path in self._root.glob("[!.]*/*/[!.]*.csv"):
                folder = path.parent.parent
                service = service_name(folder)
                if path.parent.name in _DATASETS and folder_name(service) == folder.name:
                    found.add(SeriesKey(service, service_name(path.stem)))
        except OSError as error:
            raise HistoryError(f"{self._root}: cannot be read: {error.strerror}") from None
        return sorted(found)

    def last_timestamp(self, key: SeriesKey) -> float | None:
        """When the pair's newest stored reading was; None if there is none. Reads the files' ends only."""
        with self._writing():
            newest = self._newest(key)
        return None if newest is None else newest / 1000

    def load(self, key: SeriesKey, start: float, end: float) -> StoredSeries:
        """The pair's readings from ``start`` to ``end``, both included, of both datasets."""
        table = self._table(key, start, end, ["timestamp", "value"])
        return StoredSeries(
            timestamps=table["millis"].to_numpy(np.int64) / 1000,
            values=table["value"].to_numpy(np.float64),
            anomalous=(table["dataset"] == _ANOMALY).to_numpy(np.bool_),
        )

    def recent(self, key: SeriesKey, start: float) -> StoredSeries:
        """As ``load`` from ``start`` on, for a short span: setting pandas up costs more than a few lines."""
        first = _millis(start)
        rows: dict[int, tuple[float, bool]] = {}
        for dataset in _DATASETS:
            for line in read_lines(self._path(key, dataset), first).splitlines(keepends=True):
                time = line_time(line)
                if time is not None and time >= first:
                    rows[time] = (float(line.split(b",", 2)[1]), dataset == _ANOMALY)
        times = sorted(rows)
        return StoredSeries(
            timestamps=np.array(times, dtype=np.float64) / 1000,
            values=np.array([rows[time][0] for time in times], dtype=np.float64),
            anomalous=np.array([rows[time][1] for time in times], dtype=np.bool_),
        )

    def count(self, key: SeriesKey, start: float) -> int:
        """How many readings are stored from ``start`` on, give or take a few at the seam."""
        first = _millis(start)
        return sum(read_lines(self._path(key, dataset), first).count(b"\n") for dataset in _DATASETS)

    def columns(self, key: SeriesKey, start: float, end: float) -> Columns:
        """The pair's readings with what was said of them, from ``start`` to ``end``, for charts: fast."""
        first, last = _millis(start), _millis(end)
        parts = [parse_columns(read_lines(self._path(key, name), first, last)) for name in _DATASETS]
        return merge(parts, first / 1000, last / 1000)

    def frame(self, key: SeriesKey, start: float, end: float) -> pd.DataFrame:
        """As ``load``, with all columns of the CSVs (timestamp as UTC datetime) and ``dataset``."""
        table = self._table(key, start, end, list(COLUMNS))
        table["timestamp"] = pd.to_datetime(table["millis"], unit="ms", utc=True)
        for column in COLUMNS:
            if column not in ("timestamp", "value", *_WORDS):
                table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
        return table[[*COLUMNS, "dataset"]]

    def _append(self, key: SeriesKey, group: list[Reading], source: Source) -> None:
        newest = self._newest(key)
        newer: dict[str, dict[int, bytes]] = defaultdict(dict)
        early: dict[int, tuple[str, bytes]] = {}
        for reading in sorted(group, key=lambda reading: reading.timestamp):
            time = _millis(reading.timestamp)
            dataset = _ANOMALY if reading.verdict is Verdict.ANOMALY else _HISTORY
            if newest is None or time > newest:
                newer[dataset][time] = _line(time, reading, source)
                newest = time
            elif newest - time > CLOCK_ERROR * 1000:
                early.setdefault(time, (dataset, _line(time, reading, source)))
        if newer or early:
            self._make_folder(key)
        for dataset, lines in newer.items():
            self._file(key, dataset).append(b"".join(lines.values()), max(lines))
        if early:
            self._sort_in(key, early)

    def _sort_in(self, key: SeriesKey, rows: dict[int, tuple[str, bytes]]) -> None:
        """Insert lines, each into its dataset, at times that have no reading yet."""
        known = self._known(key)
        for dataset in _DATASETS:
            lines = {
                time: line for time, (where, line) in rows.items() if where == dataset and time not in known
            }
            if lines:
                self._file(key, dataset).insert(lines)

    def _known(self, key: SeriesKey) -> set[int]:
        """The times of all stored readings of the pair, in milliseconds."""
        return self._file(key, _HISTORY).times() | self._file(key, _ANOMALY).times()

    def _newest(self, key: SeriesKey) -> int | None:
        times = (self._file(key, dataset).newest() for dataset in _DATASETS)
        return max((time for time in times if time is not None), default=None)

    def _file(self, key: SeriesKey, dataset: str) -> DatasetFile:
        if (key, dataset) not in self._files:
            self._files[key, dataset] = DatasetFile(self._path(key, dataset))
        return self._files[key, dataset]

    def _path(self, key: SeriesKey, dataset: str) -> Path:
        # A metric's key is a safe name as it is; encoded, a key from elsewhere cannot leave the folder.
        return self._root / folder_name(key.service) / dataset / f"{folder_name(key.metric)}.csv"

    def _make_folder(self, key: SeriesKey) -> None:
        try:
            make_folder(self._root, key.service)
        except OSError as error:
            path = self._root / folder_name(key.service)
            raise HistoryError(f"{path}: cannot be created: {error.strerror}") from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time: in this process by the lock, among processes by a locked file."""
        with self._lock:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                lock = (self._root / ".lock").open("w")
            except OSError as error:
                raise HistoryError(f"{self._root}: cannot be written: {error.strerror}") from None
            with lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield

    def _table(self, key: SeriesKey, start: float, end: float, columns: list[str]) -> pd.DataFrame:
        """The valid rows of both files in the span, by time, with ``millis``, ``value`` and ``dataset``."""
        first, last = _millis(start), _millis(end)
        parts = []
        for dataset in _DATASETS:
            path = self._path(key, dataset)
            table = _parse(read_lines(path, first), columns)
            valid = table["millis"].notna() & table["value"].notna()
            if not valid.all():
                _LOG.warning("%s: %d lines are no readings; left out", path, int((~valid).sum()))
            table = table[valid & (table["millis"] >= first) & (table["millis"] <= last)].copy()
            table["dataset"] = dataset
            parts.append(table)
        both = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        return both.sort_values("millis", kind="stable").drop_duplicates(
            "millis", keep="last", ignore_index=True
        )


def _parse(lines: bytes, columns: list[str]) -> pd.DataFrame:
    """Lines -> their columns as text, ``value`` as float64 (NaN where none), ``millis`` as Int64 (or NA)."""
    # A damaged line with a comma too many would move the columns of all lines after it.
    whole = [line for line in lines.splitlines(keepends=True) if line.count(b",") == len(COLUMNS) - 1]
    table = pd.read_csv(
        io.BytesIO(HEADER + b"".join(whole)),
        usecols=columns,
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        encoding_errors="replace",
    )
    moments = pd.to_datetime(table["timestamp"], format="ISO8601", utc=True, errors="coerce")
    table["millis"] = moments.dt.as_unit("ms").astype("int64").where(moments.notna()).astype("Int64")
    # float() reads back the very number that repr() wrote; pandas's own parser may be a last digit off.
    table["value"] = np.array([_finite(text) for text in table["value"]], dtype=np.float64)
    return table


def _finite(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _all_newer(times: Iterable[int], newest: int | None) -> bool:
    return newest is None or min(times) > newest


def _millis(timestamp: float) -> int:
    return round(timestamp * 1000)


def _line(time: int, reading: Reading, source: Source) -> bytes:
    numbers = [reading.value, reading.score, *(reading.features.get(name) for name in _FEATURES)]
    value, *others = (
        "" if number is None or not math.isfinite(number) else repr(float(number)) for number in numbers
    )
    words = (to_rfc3339(time / 1000), value, reading.verdict, reading.severity, *others, source)
    return (",".join(words) + "\n").encode()


def _backfilled_line(time: int, value: float) -> bytes:
    empty = "," * (len(COLUMNS) - 4)
    return f"{to_rfc3339(time / 1000)},{value!r},{Verdict.UNKNOWN}{empty},backfill\n".encode()
