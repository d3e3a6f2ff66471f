"""Reading back what is stored of the pairs: from the CSVs, and from the blocks what is not there yet."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.metrics.columns import Columns, merge, parse_columns
from backend.metrics.dataset_file import HistoryError, line_time
from backend.metrics.datasets import ANOMALY, DATASETS, Datasets, millis
from backend.metrics.reading_rows import is_anomalous, lines_of
from backend.metrics.readings import SeriesKey, Verdict
from backend.metrics.tables import table_of
from backend.metrics.write_ahead import WriteAhead

_LOG = logging.getLogger(__name__)

_NEVER = -(2**62)


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """The stored readings of one pair, sorted by time, one for each time.

    ``timestamps`` float64[n] in seconds, ``values`` float64[n] (all finite), ``anomalous`` bool[n].
    """

    timestamps: NDArray[np.float64]
    values: NDArray[np.float64]
    anomalous: NDArray[np.bool_]


class StoredReadings:
    """All readings below one folder, for any thread of any process, also while they are being written.

    Methods raise HistoryError; a pair that cannot be read is its own failure.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._datasets = Datasets(root)
        self._ahead = WriteAhead(root / ".ahead")
        self._lock = threading.Lock()

    @property
    def root(self) -> Path:
        """The folder that holds them all."""
        return self._root

    def keys(self) -> list[SeriesKey]:
        """The pairs that have a reading, sorted."""
        self._look()
        return sorted(self._ahead.waiting() | self._datasets.keys())

    def last_timestamp(self, key: SeriesKey) -> float | None:
        """When the pair's newest stored reading was; None if there is none. Reads the files' ends only."""
        self._look()
        rows = self._ahead.rows(key)
        newest = self._datasets.last_time(key)
        if len(rows):
            newest = max(int(rows["time"][-1]), _NEVER if newest is None else newest)
        return None if newest is None else newest / 1000

    def is_read_since(self, key: SeriesKey, time: float) -> bool:
        """Whether the pair has a stored reading from ``time`` on. Reads files only where none waits."""
        self._look()
        rows = self._ahead.rows(key)
        if len(rows) and int(rows["time"][-1]) >= 1000 * time:
            return True
        newest = self._datasets.last_time(key)
        return newest is not None and newest >= 1000 * time

    def waiting(self) -> set[SeriesKey]:
        """The pairs with readings that may not be in the CSVs yet."""
        self._look()
        return self._ahead.waiting()

    def size(self, key: SeriesKey) -> int:
        """Bytes of the pair's CSVs."""
        return self._datasets.size(key)

    def size_before(self, key: SeriesKey, timestamp: float) -> int:
        """Bytes of the CSVs that `HistoryStore.drop_before` would free."""
        return self._datasets.size_before(key, millis(timestamp))

    def load(self, key: SeriesKey, start: float, end: float) -> StoredSeries:
        """The pair's readings from ``start`` to ``end``, both included, of both datasets."""
        found = self.columns(key, start, end)
        return StoredSeries(found.timestamps, found.values, found.status == Verdict.ANOMALY.encode())

    def recent(self, key: SeriesKey, start: float) -> StoredSeries:
        """As ``load`` from ``start`` on, for a short span: setting arrays up costs more than a few lines."""
        first = millis(start)
        rows: dict[int, tuple[float, bool]] = {}
        for dataset, lines in self._lines(key, first).items():
            for line in lines.splitlines(keepends=True):
                at = line_time(line)
                if at is not None and at >= first:
                    rows[at] = (float(line.split(b",", 2)[1]), dataset == ANOMALY)
        times = sorted(rows)
        return StoredSeries(
            timestamps=np.array(times, dtype=np.float64) / 1000,
            values=np.array([rows[at][0] for at in times], dtype=np.float64),
            anomalous=np.array([rows[at][1] for at in times], dtype=np.bool_),
        )

    def count(self, key: SeriesKey, start: float) -> int:
        """How many readings are stored from ``start`` on, give or take a few at the seam."""
        return sum(lines.count(b"\n") for lines in self._lines(key, millis(start)).values())

    def columns(self, key: SeriesKey, start: float, end: float) -> Columns:
        """The pair's readings with what was said of them, from ``start`` to ``end``: fast."""
        first, last = millis(start), millis(end)
        parts = [parse_columns(lines) for lines in self._lines(key, first, last).values()]
        return merge(parts, first / 1000, last / 1000)

    def frame(self, key: SeriesKey, start: float, end: float) -> pd.DataFrame:
        """As ``load``, with all columns of the CSVs (timestamp as UTC datetime) and ``dataset``."""
        first, last = millis(start), millis(end)
        table, damaged = table_of(self._lines(key, first, last), first, last)
        if damaged:
            _LOG.warning("%r, %s: %d stored lines are no readings; left out", *key, damaged)
        return table

    def _lines(self, key: SeriesKey, first: int, last: int | None = None) -> dict[str, bytes]:
        """Whole lines of both datasets from ``first`` to ``last``, perhaps a little more, each once."""
        # Before the files: what is moved meanwhile is then seen twice, and never not at all.
        self._look()
        pending = self._ahead.rows(key, first) if last is None else self._ahead.rows(key, first, last)
        found = {}
        for dataset in DATASETS:
            lines = self._datasets.read(key, dataset, first, last)
            rows = pending[is_anomalous(pending) == (dataset == ANOMALY)]
            if len(rows):
                # A row is newer than all its file holds, or stands in it.
                lines += b"".join(lines_of(rows[rows["time"] > _last_of(lines)]))
            found[dataset] = lines
        return found

    def _look(self) -> None:
        """Take notice of what another process has kept, or moved. Raises HistoryError."""
        try:
            if not self._ahead.is_current():
                with self._lock:
                    if not self._ahead.is_current():
                        self._ahead.reload()
        except OSError as error:
            raise HistoryError(f"{self._root}: cannot be read: {error.strerror}") from None


def _last_of(lines: bytes) -> int:
    """The time of the last whole reading among the lines."""
    end = len(lines)
    while end > 0:
        begin = lines.rfind(b"\n", 0, end - 1) + 1
        at = line_time(lines[begin:end])
        if at is not None:
            return at
        end = begin
    return _NEVER
