"""The lines we keep: one bounded SQLite file that holds log lines and how far each file was read."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from backend.logs.database import LogDatabase, LogStoreError
from backend.logs.line import LogLine
from backend.logs.queries import COLUMNS, LogFilter, services_of, stored

__all__ = ["Cursor", "Found", "LogStore", "LogStoreError"]

_INSERT = "INSERT INTO lines VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_KEEP_CURSOR = "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?, ?)"
_row_of_line = attrgetter(*COLUMNS.split(", "))
_TRIM_BATCH = 5_000
_TRIM_BATCHES_A_CALL = 10
_MAX_TEXT_FOUND = 32 * 1024 * 1024  # characters one search may bring into memory


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one file was read. ``file`` is its device and inode, so that a renamed file is known again.

    ``fingerprint`` is of the bytes before ``offset`` (see sources.log_file); ``skipping`` tells that
    ``offset`` lies inside an overlong line whose start is stored already; ``lines`` counts what was stored.
    """

    file: str
    path: str
    service: str
    offset: int = 0
    fingerprint: bytes = b""
    skipping: bool = False
    lines: int = 0


class Found(NamedTuple):
    """Lines in time order; ``total`` fit the search, ``truncated`` if not all of them are here."""

    lines: list[LogLine]
    total: int
    truncated: bool


class LogStore:
    """Thread-safe. Any call may raise LogStoreError."""

    def __init__(self, path: Path, keep: float, max_lines: int) -> None:
        """``keep`` in seconds. A damaged file is begun afresh, a newer one refused: see LogDatabase."""
        self._keep, self._max_lines = keep, max_lines
        self._db = LogDatabase(path)
        self._counting = threading.Lock()
        self._count: int | None = None  # None: to be counted, as after a write that failed

    def close(self) -> None:
        """Nothing may be called afterwards."""
        self._db.close()

    def append(
        self, lines: Sequence[LogLine], cursors: Sequence[Cursor] = (), forget: Sequence[str] = ()
    ) -> None:
        """Store ``lines`` and ``cursors`` (and forget files) in one transaction: all of it or none.

        Never leaves more than ``max_lines``: the ones stored first go.
        """
        with self._counting:
            count, self._count = self._count, None
            with self._db.writing() as db:
                stored = (_count(db) if count is None else count) + len(lines)
                db.executemany(_INSERT, map(_row_of_line, lines))
                db.executemany(_KEEP_CURSOR, map(_row_of_cursor, cursors))
                db.executemany("DELETE FROM cursors WHERE file = ?", [(file,) for file in forget])
                surplus = max(0, stored - self._max_lines)
                if surplus:
                    oldest = "SELECT id FROM lines ORDER BY id LIMIT ?"
                    db.execute(f"DELETE FROM lines WHERE id IN ({oldest})", (surplus,))  # noqa: S608
            self._count = stored - surplus

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection of the caller's own, for the questions of ``logs.queries``."""
        return self._db.reading()

    def cursors(self) -> dict[str, Cursor]:
        """All cursors by ``file``."""
        with self._db.reading() as db:
            rows = db.execute("SELECT file, path, service, offset, fingerprint, skipping, lines FROM cursors")
            return {row[0]: _cursor(row) for row in rows}

    def around(
        self,
        service: str,
        start: float,
        end: float,
        levels: Collection[str] = (),
        q: str = "",
        limit: int = 1000,
        nearest: float | None = None,
    ) -> Found:
        """A service's lines with start <= timestamp < end (seconds), in time order.

        ``levels``: only these, all if empty. ``q``: only lines whose message, logger or stack trace holds
        this text, in any case. Beyond ``limit`` those nearest to the time ``nearest`` are kept, else the
        newest.
        """
        by = "abs(timestamp - ?)" if nearest is not None else "-timestamp"
        with self._db.reading() as db:
            where, values = LogFilter([service], start, end, levels, q).where(db)
            rows = db.execute(
                f"SELECT id, {COLUMNS} FROM lines WHERE {where} ORDER BY {by}, id LIMIT ?",  # noqa: S608
                [*values, *([nearest] if nearest is not None else []), limit],
            )
            found, size = [], 0
            for row in rows:
                found.append(row)
                size += len(row[4]) + len(row[8])
                if size > _MAX_TEXT_FOUND:
                    break
            total = len(found)
            if total >= limit or size > _MAX_TEXT_FOUND:
                counted = db.execute(f"SELECT count(*) FROM lines WHERE {where}", values)  # noqa: S608
                total = counted.fetchone()[0]
        found.sort(key=lambda row: (row[1], row[0]))
        return Found([stored(row).line for row in found], total, total > len(found))

    def earliest(self, service: str) -> float | None:
        """The time of the service's oldest line; None without any."""
        with self._db.reading() as db:
            row = db.execute("SELECT min(timestamp) FROM lines WHERE service = ?", (service,)).fetchone()
            return None if row[0] is None else float(row[0])

    def services(self) -> list[str]:
        """The services that have lines, sorted."""
        with self._db.reading() as db:
            return services_of(db)

    def count(self) -> int:
        """How many lines are stored."""
        count = self._count
        if count is None:
            with self._db.reading() as db:
                count = _count(db)
        return count

    def trim(self, now: float) -> int:
        """Delete lines older than ``keep``, in small transactions, a bounded number a call; -> how many.

        ``max_lines`` needs no trimming: ``append`` holds it.
        """
        removed = 0
        for service in self.services():
            gone = _TRIM_BATCH
            while gone == _TRIM_BATCH and removed < _TRIM_BATCH * _TRIM_BATCHES_A_CALL:
                gone = self._trim_batch(service, now - self._keep)
                removed += gone
        return removed

    def _trim_batch(self, service: str, oldest: float) -> int:
        expired = "SELECT id FROM lines WHERE service = ? AND timestamp < ? LIMIT ?"
        with self._counting:
            count, self._count = self._count, None
            with self._db.writing() as db:
                gone = db.execute(
                    f"DELETE FROM lines WHERE id IN ({expired})",  # noqa: S608
                    (service, oldest, _TRIM_BATCH),
                ).rowcount
            self._count = None if count is None else count - gone
        return gone


def _row_of_cursor(cursor: Cursor) -> tuple[Any, ...]:
    # As bytes: a path need not be UTF-8.
    rest = (cursor.offset, cursor.fingerprint, cursor.skipping, cursor.lines)
    return cursor.file, os.fsencode(cursor.path), cursor.service, *rest


def _cursor(row: tuple[Any, ...]) -> Cursor:
    file, path, service, offset, fingerprint, skipping, lines = row
    return Cursor(file, os.fsdecode(path), service, offset, fingerprint, bool(skipping), lines)


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM lines").fetchone()[0])
