"""One CSV file of readings: appended whole lines at a time, mended after a crash, never read half a line."""

from __future__ import annotations

import errno
import logging
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from backend.clock import from_rfc3339
from backend.metrics.files import append_whole, replace_synced

COLUMNS = (
    "timestamp",
    "value",
    "status",
    "severity",
    "score",
    "delta",
    "rolling_mean",
    "rolling_std",
    "zscore",
    "source",
)
HEADER = (",".join(COLUMNS) + "\n").encode()

_LOG = logging.getLogger(__name__)
_TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z")
_BLOCK = 4096


class HistoryError(Exception):
    """A dataset cannot be read or written; ``detail`` names the path and what the system said."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DiskFull(HistoryError):
    """There is no room, for any file."""


def cannot_write(path: Path, error: OSError) -> HistoryError:
    """What is to be raised when ``path`` cannot be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return (DiskFull if full else HistoryError)(f"{path}: cannot be written: {error.strerror}")


def line_time(line: bytes) -> int | None:
    """The timestamp of a whole line in milliseconds; None for what is no reading."""
    fields = line.rstrip(b"\n").split(b",")
    if not line.endswith(b"\n") or len(fields) != len(COLUMNS) or not _TIMESTAMP.fullmatch(fields[0]):
        return None
    try:
        if not math.isfinite(float(fields[1])):
            return None
        return round(from_rfc3339(fields[0].decode()) * 1000)
    except ValueError:
        return None


def read_lines(path: Path, start: int, end: int | None = None) -> bytes:
    """The whole lines from ``start`` to ``end`` (milliseconds), without header; b"" without a file.

    May begin a little earlier and end a little later. Takes no lock: a line that is being written is left
    out. Raises HistoryError.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(HEADER))
            if head != HEADER:
                if HEADER.startswith(head):
                    return b""
                raise HistoryError(f"{path}: not a dataset of Canopy: its first line is not the header")
            stop = None
            if end is not None:
                _seek_to(file, end + 1)
                # The bisection may stop a block before the first line that is too late.
                stop = file.tell() + 2 * _BLOCK
            _seek_to(file, start)
            content = file.read() if stop is None else file.read(max(0, stop - file.tell()))
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None
    return content[: content.rfind(b"\n") + 1]


def last_time(path: Path) -> int | None:
    """The last reading's timestamp in milliseconds, None where there is none; raises HistoryError.

    Takes no lock and mends nothing.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                return None
            return _last_reading(file, os.fstat(file.fileno()).st_size)[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None


def offset_of(path: Path, time: int) -> int:
    """Bytes of the file before its readings from ``time`` (milliseconds) on; its size where all are older.

    Raises HistoryError; a file that is no dataset has 0.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                return 0
            _seek_to(file, time)
            while line := file.readline():
                at = line_time(line)
                if at is not None and at >= time:
                    return file.tell() - len(line)
            return file.tell()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None


class DatasetFile:
    """One file for its writers, who hold a lock around every call. All methods raise HistoryError.

    What a crash left (a torn last line) is moved to ``<file>.torn``, a file with a foreign header to
    ``<file>.foreign``, both with a warning in the log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._newest: int | None = None
        self._seen: tuple[int, int] | None = None

    def newest(self) -> int | None:
        """The last reading's timestamp in milliseconds; looks again only if someone else has written."""
        try:
            status = self.path.stat()
            if (status.st_ino, status.st_size) != self._seen:
                self._mend()
        except FileNotFoundError:
            self._newest, self._seen = None, None
        except OSError as error:
            raise HistoryError(f"{self.path}: cannot be read: {error.strerror}") from None
        return self._newest

    def append(self, lines: bytes, newest: int) -> None:
        """Write whole lines at the end, all of them or none; ``newest`` is the last one's timestamp.

        Only right after `newest` has told that they are newer.
        """
        try:
            if self._seen is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                status = os.fstat(descriptor)
                content = lines if status.st_size else HEADER + lines
                append_whole(descriptor, content, status.st_size)
                self._seen = (status.st_ino, status.st_size + len(content))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._newest = newest

    def times(self, start: int = 0) -> set[int]:
        """The timestamps of the readings from ``start`` on, or from a little earlier, in milliseconds."""
        self.newest()
        lines = read_lines(self.path, start).splitlines(keepends=True)
        return {time for line in lines if (time := line_time(line)) is not None}

    def insert(self, rows: Mapping[int, bytes]) -> None:
        """Merge lines (by timestamp) in; readers and a crash see the file before or after, whole."""
        self.newest()
        merged = dict(rows)
        foreign = []
        for line in read_lines(self.path, start=0).splitlines(keepends=True):
            time = line_time(line)
            if time is None:
                foreign.append(line)
            else:
                merged[time] = line
        try:
            if foreign:
                self._keep(b"".join(foreign))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_synced(self.path, HEADER + b"".join(merged[time] for time in sorted(merged)))
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._seen = None

    def drop_before(self, time: int) -> int:
        """Remove the readings before ``time``, and the file with the last one; how many bytes that freed."""
        newest = self.newest()
        if newest is None:
            return 0
        first = offset_of(self.path, time)
        freed = first - len(HEADER)
        try:
            if newest < time:
                freed = self.path.stat().st_size
                self.path.unlink()
            elif freed > 0:
                with self.path.open("rb") as file:
                    file.seek(first)
                    replace_synced(self.path, HEADER + file.read())
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._seen = None
        return max(0, freed)

    def _mend(self) -> None:
        """Look at header and tail, set aside what no reading is, remember the newest."""
        with self.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(len(HEADER))
            if head == HEADER:
                self._newest, end = _last_reading(file, size)
            elif HEADER.startswith(head):
                self._newest, end = None, 0
            else:
                self._set_aside()
                self._newest, self._seen = None, None
                return
            file.seek(end)
            torn = file.read()
        if torn:
            self._keep(torn)
            os.truncate(self.path, end)
        self._seen = (self.path.stat().st_ino, end)

    def _keep(self, torn: bytes) -> None:
        """Write what is no reading to the side, on the disk before it is cut away."""
        aside = self.path.with_name(f"{self.path.name}.torn")
        _LOG.warning("%s: %d bytes are no whole reading; kept in %s", self.path, len(torn), aside)
        with aside.open("ab") as file:
            file.write(torn if torn.endswith(b"\n") else torn + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _set_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.name}.foreign")
        number = 1
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{self.path.name}.foreign{number}")
        _LOG.warning("%s: its first line is not Canopy's header; moved to %s", self.path, aside)
        self.path.rename(aside)


def _last_reading(file: BinaryIO, size: int) -> tuple[int | None, int]:
    """The last valid line's timestamp and where it ends, read from the end backwards."""
    block = _BLOCK
    while True:
        start = max(len(HEADER), size - block)
        file.seek(start)
        data = file.read(size - start)
        # The first line of a block may be half a line.
        first = 0 if start == len(HEADER) else data.find(b"\n") + 1
        end = data.rfind(b"\n") + 1
        while end > first:
            begin = max(first, data.rfind(b"\n", 0, end - 1) + 1)
            time = line_time(data[begin:end])
            if time is not None:
                return time, start + end
            end = begin
        if start == len(HEADER):
            return None, start
        block *= 16


def _seek_to(file: BinaryIO, start: int) -> None:
    """Go to a line's beginning such that all readings from ``start`` on lie behind it (bisection)."""
    low, high = len(HEADER), os.fstat(file.fileno()).st_size
    while high - low > _BLOCK:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        position = file.tell()
        time = line_time(file.readline())
        while time is None and file.tell() < high:
            position = file.tell()
            time = line_time(file.readline())
        if time is None or time >= start:
            high = middle
        else:
            low = position
    file.seek(low)
