"""The CSV files of all pairs below one folder: where they are, and what goes into which."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.metrics.dataset_file import (
    HEADER,
    DatasetFile,
    HistoryError,
    cannot_write,
    last_time,
    offset_of,
    read_lines,
)
from backend.metrics.folders import folder_name, make_folder, remove_folder, service_name
from backend.metrics.reading_rows import unjudged_lines
from backend.metrics.readings import SeriesKey

HISTORY, ANOMALY = "history", "anomaly"
DATASETS = (HISTORY, ANOMALY)


class Datasets:
    """Two datasets a pair. Whoever writes holds a lock around the call; reading needs none.

    All methods raise HistoryError. Times are milliseconds since the epoch.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[tuple[SeriesKey, str], DatasetFile] = {}

    def keys(self) -> set[SeriesKey]:
        """The pairs that have a file."""
        found = set()
        try:
            for path in self._root.glob("[!.]*/*/[!.]*.csv"):
                folder = path.parent.parent
                service = service_name(folder)
                if path.parent.name in DATASETS and folder_name(service) == folder.name:
                    found.add(SeriesKey(service, service_name(path.stem)))
        except OSError as error:
            raise HistoryError(f"{self._root}: cannot be read: {error.strerror}") from None
        return found

    def path(self, key: SeriesKey, dataset: str) -> Path:
        """A pair's file. The metric is encoded too: a key from elsewhere must not leave the folder."""
        return self._root.joinpath(folder_name(key.service), dataset, f"{folder_name(key.metric)}.csv")

    def file(self, key: SeriesKey, dataset: str) -> DatasetFile:
        """A pair's file, for a writer."""
        if (key, dataset) not in self._files:
            self._files[key, dataset] = DatasetFile(self.path(key, dataset))
        return self._files[key, dataset]

    def read(self, key: SeriesKey, dataset: str, first: int, last: int | None = None) -> bytes:
        """The whole lines from ``first`` to ``last``, see `read_lines`."""
        return read_lines(self.path(key, dataset), first, last)

    def last_time(self, key: SeriesKey) -> int | None:
        """When the pair's newest reading was; reads the files' ends only."""
        times = (last_time(self.path(key, dataset)) for dataset in DATASETS)
        return max((time for time in times if time is not None), default=None)

    def newest(self, key: SeriesKey) -> int | None:
        """The same for a writer: what a crash has left at the files' ends is mended."""
        times = (self.file(key, dataset).newest() for dataset in DATASETS)
        return max((time for time in times if time is not None), default=None)

    def put(self, key: SeriesKey, dataset: str, lines: dict[int, bytes]) -> None:
        """Have lines by time, the oldest first, in a file: those whose times have no reading yet."""
        newest = self.file(key, dataset).newest()
        first = next(iter(lines))
        if newest is not None and newest >= first:
            known = self.known(key, first)
            lines = {time: line for time, line in lines.items() if time not in known}
        self._write(key, dataset, lines, newest)

    def fill(self, key: SeriesKey, times: NDArray[np.int64], values: NDArray[np.float64]) -> int:
        """Store `finite_values` that nobody judged where there is no reading yet; how many."""
        newest = self.newest(key)
        if newest is not None and times[0] <= newest:
            known = self.known(key, int(times[0]))
            new = ~np.isin(times, np.fromiter(known, dtype=np.int64, count=len(known)))
            times, values = times[new], values[new]
        if len(times):
            lines = dict(zip(times.tolist(), unjudged_lines(times, values), strict=True))
            self._write(key, HISTORY, lines, self.file(key, HISTORY).newest())
        return len(times)

    def size(self, key: SeriesKey) -> int:
        """Bytes of the pair's files."""
        size = 0
        for dataset in DATASETS:
            with suppress(OSError):  # mostly there is no such file
                size += self.path(key, dataset).stat().st_size
        return size

    def size_before(self, key: SeriesKey, time: int) -> int:
        """Bytes that `drop_before` would free."""
        size = 0
        for dataset in DATASETS:
            path = self.path(key, dataset)
            last = last_time(path)
            if last is not None:
                head = 0 if last < time else len(HEADER)
                size += offset_of(path, time) - head
        return size

    def drop_before(self, key: SeriesKey, time: int) -> int:
        """Remove the pair's readings before ``time``; how many bytes that freed."""
        freed = sum(self.file(key, dataset).drop_before(time) for dataset in DATASETS)
        if freed and not any(self.path(key, dataset).exists() for dataset in DATASETS):
            self._remove(key)
        return freed

    def _remove(self, key: SeriesKey) -> None:
        """Remove what is left of a pair without readings, and its service's folder with the last pair."""
        for dataset in DATASETS:
            path = self.path(key, dataset)
            self._files.pop((key, dataset), None)
            with suppress(OSError):  # a folder that holds something else stays
                path.with_name(f"{path.name}.torn").unlink(missing_ok=True)
                path.parent.rmdir()
        with suppress(OSError):
            remove_folder(self._root, key.service)

    def _write(self, key: SeriesKey, dataset: str, lines: dict[int, bytes], newest: int | None) -> None:
        """Append the lines, which are sorted, or merge them in where the file has newer ones."""
        if not lines:
            return
        file = self.file(key, dataset)
        if newest is None:
            try:
                make_folder(self._root, key.service)
            except OSError as error:
                raise cannot_write(self._root / folder_name(key.service), error) from None
        if newest is None or newest < next(iter(lines)):
            file.append(b"".join(lines.values()), next(reversed(lines)))
        else:
            file.insert(lines)

    def known(self, key: SeriesKey, start: int) -> set[int]:
        """The times of the pair's readings from ``start`` on, perhaps of some before."""
        return self.file(key, HISTORY).times(start) | self.file(key, ANOMALY).times(start)


def millis(timestamp: float) -> int:
    """Seconds -> milliseconds; infinities become times that no reading has."""
    return round(max(-1e15, min(1e15, timestamp * 1000)))


def finite_values(
    timestamps: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Samples in order of time (milliseconds), each time once, without those that are no numbers."""
    finite = np.isfinite(timestamps) & np.isfinite(values)
    times = np.rint(np.clip(timestamps[finite] * 1000, -1e15, 1e15)).astype(np.int64)
    # Of several at one time the last one counts.
    times, from_the_end = np.unique(times[::-1], return_index=True)
    return times, values[finite][::-1][from_the_end]
