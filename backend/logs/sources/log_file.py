"""One open log file: is it still the one we read, and what comes next in it?"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from typing import NamedTuple

from backend.logs.sources.splitter import split_records
from backend.logs.store import Cursor

CHUNK = 1024 * 1024
"""Bytes read at a time, and the most that is held of a line."""

RECORD_RESTS = (1, 0.5)
"""Polls, and seconds, without growth after which a plain line is taken to have its whole stack trace."""

LINE_RESTS = (3, 2.0)
"""Polls, and seconds, without growth after which a last line without line feed is taken as it is."""

_PRINT = 256  # bytes at each end of what was read that identify it
_SAMPLE = 4096
_SMALLEST_SAMPLE = 256


class NotALogError(Exception):
    """What stands at the path is not a log file; the text says what it is."""


class Batch(NamedTuple):
    """Records read, and the cursor that goes with them."""

    records: list[bytes]
    cursor: Cursor


class LogFile:
    """An open file. It stays open between polls: a renamed or deleted one can be read to its end."""

    def __init__(self, path: str, service: str, now: float) -> None:
        """``now`` in seconds. Raises OSError, or NotALogError for a directory, a device or a pipe."""
        mode = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISDIR(mode):
            raise NotALogError(f"is a folder: name the files in it, for example {path.rstrip('/')}/*.log")
        if not stat.S_ISREG(mode):
            raise NotALogError("is a device or a pipe, not a regular file")
        # Without O_NONBLOCK a pipe put there in between would hold the poll for ever.
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self.path, self.service = path, service
        self.rotated = False
        self.quiet, self._changed, self._now = 0, now, now
        status = os.fstat(self._fd)
        self.id, self.size, self.modified = file_id(status), status.st_size, status.st_mtime

    def observe(self, now: float) -> None:
        """Look at the file once more; ``quiet`` counts the looks since it last changed its size."""
        status = os.fstat(self._fd)
        self.quiet = self.quiet + 1 if status.st_size == self.size else 0
        if self.quiet == 0 or now < self._changed:  # a clock set back must not keep lines waiting
            self._changed = now
        self._now = now
        self.size, self.modified = status.st_size, status.st_mtime

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)

    def fits(self, cursor: Cursor) -> bool:
        """True if what ``cursor`` has behind it still stands in this file."""
        return self.size >= cursor.offset and self._fingerprint(cursor.offset) == cursor.fingerprint

    def looks_binary(self) -> bool:
        """True if the start holds so many control characters that it cannot be text."""
        sample = os.pread(self._fd, _SAMPLE, 0).lstrip(b"\0")
        control = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in sample)
        return len(sample) >= _SMALLEST_SAMPLE and control > len(sample) * 0.05

    def read(self, cursor: Cursor, limit: int) -> Batch:
        """The next at most CHUNK bytes, as at most ``limit`` records. No progress: the same offset."""
        chunk = os.pread(self._fd, CHUNK, cursor.offset)
        full = len(chunk) == CHUNK
        if cursor.skipping:
            return self._skip(chunk, cursor)
        # After copytruncate, a writer that does not append leaves a hole of zeros before its next line.
        text = chunk.lstrip(b"\0")
        hole = len(chunk) - len(text)
        if not text:
            return Batch([], self._moved(cursor, hole if full else 0, 0))
        close_line = not full and self._rests(LINE_RESTS)
        close_record = not full and (self._rests(RECORD_RESTS) or self.rotated)
        split = split_records(text, limit, close_record=close_record, close_line=close_line)
        if full and not split.consumed:
            split = split_records(text, limit, close_record=True, close_line=False)
            if not split.consumed and not hole:
                # No line feed in a whole chunk: its start is kept, the rest is passed over.
                return Batch([chunk], replace(self._moved(cursor, len(chunk), 1), skipping=True))
        consumed = split.consumed + hole if split.consumed or full else 0
        return Batch(split.records, self._moved(cursor, consumed, len(split.records)))

    def _skip(self, chunk: bytes, cursor: Cursor) -> Batch:
        """Pass over the rest of an overlong line."""
        feed = chunk.find(b"\n")
        if feed < 0:
            ended = len(chunk) < CHUNK and self._rests(LINE_RESTS)
            return Batch([], replace(self._moved(cursor, len(chunk), 0), skipping=not ended))
        return Batch([], replace(self._moved(cursor, feed + 1, 0), skipping=False))

    def _rests(self, long_enough: tuple[int, float]) -> bool:
        polls, seconds = long_enough
        return self.quiet >= polls and self._now - self._changed >= seconds

    def _moved(self, cursor: Cursor, consumed: int, records: int) -> Cursor:
        if not consumed:
            return cursor
        offset = cursor.offset + consumed
        return replace(
            cursor, offset=offset, fingerprint=self._fingerprint(offset), lines=cursor.lines + records
        )

    def _fingerprint(self, offset: int) -> bytes:
        """Of the first and the last bytes before ``offset``: appending never changes them."""
        if offset == 0:
            return b""
        first = os.pread(self._fd, min(_PRINT, offset), 0)
        last_start = max(0, offset - _PRINT)
        last = os.pread(self._fd, offset - last_start, last_start)
        return hashlib.blake2b(first + last, digest_size=16).digest()


def file_id(status: os.stat_result) -> str:
    """Device and inode, as one text: either may be larger than a database integer."""
    return f"{status.st_dev}:{status.st_ino}"
