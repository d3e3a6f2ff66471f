"""The readings as all of Canopy sees them: the newest in a write-ahead block, all others in the datasets."""

from __future__ import annotations

import fcntl
import logging
import math
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.metrics.dataset_file import DiskFull, HistoryError, cannot_write
from backend.metrics.datasets import ANOMALY, DATASETS, HISTORY, finite_values, millis
from backend.metrics.files import sync_files
from backend.metrics.reading_rows import Rows, Source, is_anomalous, lines_by_time, lines_of, rows_of
from backend.metrics.readings import Reading, SeriesKey
from backend.metrics.stored import StoredReadings, StoredSeries
from backend.metrics.write_ahead import Record

__all__ = ["CLOCK_ERROR", "HistoryError", "HistoryStore", "StoredSeries", "Unkept"]

_LOG = logging.getLogger(__name__)

CLOCK_ERROR = 3600.0
"""Seconds by which a stored reading must be ahead of the present to tell of a clock that was wrong."""
BATCH = 20
"""Appends after which their readings are moved into the CSVs."""
LONGEST = 300.0
"""Seconds after which they are moved in any case."""
_TRY_AGAIN = 30.0
"""Seconds until moving is tried again where the disk was full."""
_AT_ONCE = 200
"""Files that are written while an append would wait."""
_UNKNOWN, _NEVER = -(2**62) - 1, -(2**62)
"""Stand for the newest reading's time: nobody has looked yet; there is none."""
_TOKEN_SIZE = 32


class Unkept(NamedTuple):
    """Why readings of a pair from ``since`` (seconds since the epoch) on are not stored."""

    since: float
    reason: str


class HistoryStore(StoredReadings):
    """All readings under one folder. Safe for several threads and several processes.

    What `append` has taken is on the disk, in a block, and every method sees it at once; `flush` moves it
    into the CSVs, where it stands once, whatever a crash has left. Timestamps are kept to the millisecond.
    A pair that cannot be read or written is that pair's own failure (HistoryError), never the others'.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._flushing = threading.Lock()
        self._token = uuid.uuid4().hex.encode()
        self._newest = np.empty(0, dtype=np.int64)
        self._unkept: dict[SeriesKey, Unkept] = {}
        self._appends = 0
        self._flushed_at = -math.inf
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the CSVs lack readings that are kept nevertheless; empty where they do not."""
        return self._trouble

    def append(self, readings: Sequence[Reading], source: Source) -> dict[SeriesKey, Unkept]:
        """Keep the readings that have a value and are newer than their pair's last stored one.

        Where that one lies more than CLOCK_ERROR ahead, the clock was wrong when it was written and is right
        again: the reading is then sorted in, unless its time has one. Returns the pairs that could not be
        kept, also those whose CSV refused what an earlier call took; all others are on the disk.
        """
        usable = [r for r in readings if r.value is not None and math.isfinite(r.value)]
        failed: dict[SeriesKey, Unkept] = {}
        if usable:
            try:
                with self._writing():
                    self._append(usable, source, failed)
            except HistoryError as error:
                for reading in usable:
                    failed.setdefault(reading.key, Unkept(reading.timestamp, error.detail))
        with self._lock:
            # A CSV's refusal comes later than its readings: of two reasons it is missing since longer.
            failed, self._unkept = failed | self._unkept, {}
        return failed

    def backfill(self, key: SeriesKey, timestamps: NDArray[np.float64], values: NDArray[np.float64]) -> int:
        """Store the samples (float64[n] each) at times that have no reading yet; returns how many.

        They may be older than what is stored or lie between. Their status is Unknown: nobody judged them.
        Raises HistoryError; then none or, where they were simply newer, a first part is stored.
        """
        times, finite = finite_values(timestamps, values)
        if not len(times):
            return 0
        with self._writing():
            self._settle(key)
            stored = self._datasets.fill(key, times, finite)
            self._forget(key)
        return stored

    def flush_due(self) -> None:
        """Move the readings into the CSVs once they are many, or have waited for long."""
        wait = _TRY_AGAIN if self._trouble else LONGEST
        if self._appends >= BATCH or time.monotonic() - self._flushed_at >= wait:
            self.flush()

    def flush(self) -> None:
        """Move all readings from the blocks into the CSVs; those in the way of a full disk stay.

        A pair whose CSV refuses them for a reason of its own loses them: the next `append` tells.
        """
        with self._flushing:
            self._appends, self._flushed_at = 0, time.monotonic()
            try:
                with self._writing():
                    number = self._ahead.seal()
                    records = self._ahead.records
                if records:
                    sync_files(self._move(records), self._root)
                with self._writing():
                    self._ahead.drop(number)
            except (HistoryError, OSError) as error:
                self._trouble = f"the newest readings are safe but not in the CSVs yet: {error}"
                _LOG.warning("%s", self._trouble)
            else:
                self._trouble = ""

    def files(self) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Every CSV, with what mends it: damaged lines go aside, the others are sorted, each time once."""
        for key in self.keys():
            for dataset in DATASETS:
                path = self._datasets.path(key, dataset)
                if path.is_file():
                    yield path, partial(self._mend, key, dataset)

    def drop_before(self, key: SeriesKey, timestamp: float) -> int:
        """Remove the pair's readings before ``timestamp`` for good; how many bytes that freed."""
        with self._writing():
            freed = self._datasets.drop_before(key, millis(timestamp))
            self._forget(key)
        return freed

    def _mend(self, key: SeriesKey, dataset: str) -> None:
        with self._writing():
            self._datasets.file(key, dataset).insert({})
            self._forget(key)

    def _append(self, usable: list[Reading], source: Source, failed: dict[SeriesKey, Unkept]) -> None:
        rows = rows_of(usable, [self._ahead.number(reading.key) for reading in usable], source)
        rows = rows[np.lexsort((rows["time"], rows["pair"]))]
        pairs, times = rows["pair"].astype(np.intp), rows["time"]
        newest = self._newest_of(pairs, times, failed)
        again = np.zeros(len(rows), dtype=np.bool_)
        again[1:] = (np.diff(pairs) == 0) & (np.diff(times) == 0)
        fresh = (times > newest) & (newest != _UNKNOWN) & ~again
        early = (newest - times > CLOCK_ERROR * 1000) & ~again
        if fresh.any():
            try:
                self._ahead.append(rows[fresh])
            except OSError as error:
                raise cannot_write(self._root, error) from None
            np.maximum.at(self._newest, pairs[fresh], times[fresh])
            self._appends += 1
        if early.any():
            self._sort_in(rows[early], failed)

    def _sort_in(self, rows: Rows, failed: dict[SeriesKey, Unkept]) -> None:
        """Put rows that are older than what their pairs have straight into the CSVs."""
        rows, parts = self._by_file(rows)
        for key, dataset, first, end in parts:
            lines = lines_by_time(rows[first:end])
            try:
                self._settle(key)
                known = self._datasets.known(key, min(lines))
                new = {at: line for at, line in lines.items() if at not in known}
                if new:
                    self._datasets.put(key, dataset, new)
            except HistoryError as error:
                failed[key] = Unkept(min(lines) / 1000, error.detail)

    def _settle(self, key: SeriesKey) -> None:
        """Have the pair's rows in the CSVs, before anything else is written there. Raises HistoryError."""
        rows, parts = self._by_file(self._ahead.rows(key))
        for _, dataset, first, end in parts:
            self._datasets.put(key, dataset, lines_by_time(rows[first:end]))

    def _newest_of(
        self, pairs: NDArray[np.intp], times: NDArray[np.int64], failed: dict[SeriesKey, Unkept]
    ) -> NDArray[np.int64]:
        """The newest stored time of each row's pair; _UNKNOWN where it cannot be read."""
        missing = int(pairs.max()) + 1 - len(self._newest)
        if missing > 0:
            self._newest = np.append(self._newest, np.full(missing, _UNKNOWN))
        for row in np.flatnonzero(self._newest[pairs] == _UNKNOWN).tolist():
            key, pair = self._ahead.key(int(pairs[row])), pairs[row]
            if self._newest[pair] != _UNKNOWN or key in failed:
                continue
            try:
                stored = self._datasets.newest(key)
            except HistoryError as error:
                failed[key] = Unkept(int(times[row]) / 1000, error.detail)
                continue
            kept = self._ahead.rows(key)["time"]
            self._newest[pair] = max(kept.max(initial=_NEVER), _NEVER if stored is None else stored)
        newest: NDArray[np.int64] = self._newest[pairs]
        return newest

    def _forget(self, key: SeriesKey) -> None:
        """Look the pair's newest reading up again when it is needed."""
        number = self._ahead.number(key)
        if number < len(self._newest):
            self._newest[number] = _UNKNOWN

    def _move(self, records: Sequence[Record]) -> list[Path]:
        """Write the records' rows into the CSVs; returns which. Raises DiskFull; HistoryError if none can."""
        moved = []
        rows = np.concatenate([record.rows for record in records])
        rows, parts = self._by_file(rows)
        for start in range(0, len(parts), _AT_ONCE):
            some = parts[start : start + _AT_ONCE]
            part = rows[some[0][2] : some[-1][3]]
            # All at once: a call has a price of its own. Two pairs may have the same times.
            lines = zip(part["time"].tolist(), lines_of(part), strict=True)
            with self._writing():
                for key, dataset, first, end in some:
                    if self._move_part(key, dataset, dict(islice(lines, end - first))):
                        moved.append(self._datasets.path(key, dataset))
        return moved

    def _move_part(self, key: SeriesKey, dataset: str, lines: dict[int, bytes]) -> bool:
        """Whether the CSV took the lines; if not, the next `append` tells."""
        try:
            self._datasets.put(key, dataset, lines)
        except DiskFull:
            raise
        except HistoryError as error:
            unkept = Unkept(min(lines) / 1000, error.detail)
            self._unkept[key] = min(unkept, self._unkept.get(key, unkept))
            self._forget(key)
            return False
        return True

    def _by_file(self, rows: Rows) -> tuple[Rows, list[tuple[SeriesKey, str, int, int]]]:
        """The rows sorted by file, then time; and for each file its pair, its dataset, and which they are."""
        anomalous = is_anomalous(rows)
        rows = rows[np.lexsort((rows["time"], anomalous, rows["pair"]))]
        files = rows["pair"] * np.int64(2) + is_anomalous(rows)
        starts = np.flatnonzero(np.diff(files, prepend=-1, append=-1))
        return rows, [
            (self._ahead.key(file // 2), ANOMALY if file % 2 else HISTORY, first, end)
            for file, (first, end) in zip(files[starts[:-1]].tolist(), pairwise(starts.tolist()), strict=True)
        ]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time: in this process by the lock, among processes by a locked file."""
        with self._lock:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as error:
                raise HistoryError(f"{self._root}: cannot be written: {error.strerror}") from None
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._take_over(descriptor)
                yield
            finally:
                os.close(descriptor)

    def _take_over(self, lock: int) -> None:
        """Where another process wrote last, know nothing by heart; the lock's file says who it was."""
        try:
            if os.pread(lock, _TOKEN_SIZE, 0) == self._token:
                return
            self._ahead.reload()
        except OSError as error:
            raise HistoryError(f"{self._root}: cannot be read: {error.strerror}") from None
        self._newest = np.empty(0, dtype=np.int64)
        with suppress(OSError):  # a full disk: it is read in again at the next call
            os.pwrite(lock, self._token, 0)
