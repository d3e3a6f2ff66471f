"""The lines we keep: one bounded SQLite file that holds log lines and how far each file was read."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from backend.logs.line import LogLine

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE lines (
    id INTEGER PRIMARY KEY, timestamp REAL NOT NULL, service TEXT NOT NULL, level TEXT NOT NULL,
    message TEXT NOT NULL, logger TEXT NOT NULL, thread TEXT NOT NULL, trace_id TEXT NOT NULL,
    stack_trace TEXT NOT NULL, raw_truncated INTEGER NOT NULL
);
CREATE INDEX lines_by_service_and_time ON lines (service, timestamp);
CREATE TABLE cursors (
    file TEXT PRIMARY KEY, path BLOB NOT NULL, service TEXT NOT NULL, offset INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, skipping INTEGER NOT NULL, lines INTEGER NOT NULL
) WITHOUT ROWID;
"""
_INSERT = "INSERT INTO lines VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_KEEP_CURSOR = "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = "timestamp, service, level, message, logger, thread, trace_id, stack_trace, raw_truncated"
_row_of_line = attrgetter(*_COLUMNS.split(", "))
_TRIM_BATCH = 5_000
_TRIM_BATCHES_A_CALL = 10
_MAX_TEXT_FOUND = 32 * 1024 * 1024  # characters one search may bring into memory
_RUINED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LogStoreError(Exception):
    """The log store cannot be read or written now; the text says why."""


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
    """Thread-safe: one writer and one reader connection, each behind its own lock."""

    def __init__(self, path: Path, keep: float, max_lines: int) -> None:
        """``keep`` in seconds. Raises LogStoreError if the file is of a newer version or cannot be opened.

        A damaged file is moved aside and a fresh one begun: the lines can be read again from their files.
        """
        self._path, self._keep, self._max_lines = path, keep, max_lines
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self._count = self._growth = 0
        with _translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._open()
            except sqlite3.DatabaseError as error:
                if not _is_ruined(error):
                    raise
                self._start_afresh(error)

    def close(self) -> None:
        """Close both connections; nothing may be called afterwards."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    def append(
        self, lines: Sequence[LogLine], cursors: Sequence[Cursor] = (), forget: Sequence[str] = ()
    ) -> None:
        """Store ``lines`` and ``cursors`` (and forget files) in one transaction: all of it or none.

        Never leaves more than ``max_lines``: the ones stored first go. Raises LogStoreError.
        """
        with self._writing() as db:
            db.executemany(_INSERT, map(_row_of_line, lines))
            db.executemany(_KEEP_CURSOR, map(_row_of_cursor, cursors))
            db.executemany("DELETE FROM cursors WHERE file = ?", [(file,) for file in forget])
            surplus = self._count + len(lines) - self._max_lines
            if surplus > 0:
                oldest = "SELECT id FROM lines ORDER BY id LIMIT ?"
                db.execute(f"DELETE FROM lines WHERE id IN ({oldest})", (surplus,))  # noqa: S608
            self._growth = min(len(lines), self._max_lines - self._count)

    def cursors(self) -> dict[str, Cursor]:
        """All cursors by ``file``. Raises LogStoreError."""
        with self._reading() as db:
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
        newest. Raises LogStoreError.
        """
        where, values = _where(service, start, end, levels, q)
        by = "abs(timestamp - ?)" if nearest is not None else "-timestamp"
        with self._reading() as db:
            rows = db.execute(
                f"SELECT id, {_COLUMNS} FROM lines WHERE {where} ORDER BY {by}, id LIMIT ?",  # noqa: S608
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
        return Found([_line(row) for row in found], total, total > len(found))

    def earliest(self, service: str) -> float | None:
        """The time of the service's oldest line; None without any. Raises LogStoreError."""
        with self._reading() as db:
            row = db.execute("SELECT min(timestamp) FROM lines WHERE service = ?", (service,)).fetchone()
            return None if row[0] is None else float(row[0])

    def services(self) -> list[str]:
        """The services that have lines, sorted. Raises LogStoreError."""
        with self._reading() as db:
            return _services(db)

    def count(self) -> int:
        """How many lines are stored."""
        return self._count

    def trim(self, now: float) -> int:
        """Delete lines older than ``keep``, in small transactions, a bounded number a call; -> how many.

        Raises LogStoreError. ``max_lines`` needs no trimming: ``append`` holds it.
        """
        oldest, removed = now - self._keep, 0
        expired = "SELECT id FROM lines WHERE service = ? AND timestamp < ? LIMIT ?"
        for service in self.services():
            while removed < _TRIM_BATCH * _TRIM_BATCHES_A_CALL:
                with self._writing() as db:
                    gone = db.execute(
                        f"DELETE FROM lines WHERE id IN ({expired})",  # noqa: S608
                        (service, oldest, _TRIM_BATCH),
                    ).rowcount
                    self._growth = -gone
                removed += gone
                if gone < _TRIM_BATCH:
                    break
        return removed

    def _open(self) -> None:
        self._writer = _connect(self._path)
        try:
            version = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise LogStoreError(
                    f"{self._path} was written by a newer Canopy (its schema is version {version}, this one "
                    f"knows {SCHEMA_VERSION}): start the newer one, or move the file away"
                )
            if version == 0:
                self._writer.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                )
            self._count = self._writer.execute("SELECT count(*) FROM lines").fetchone()[0]
            self._reader = _connect(self._path)
        except (sqlite3.Error, LogStoreError):
            self._writer.close()
            raise

    def _start_afresh(self, error: sqlite3.DatabaseError) -> None:
        """Move the damaged database aside (over an older damaged one: a loop must not fill the disk)."""
        aside = self._path.with_name(f"{self._path.name}.damaged")
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.replace(f"{aside}{suffix}")
        logger.warning(
            "the log database %s is damaged (%s): moved to %s; a new one is begun and the log files are "
            "read again from their start",
            self._path,
            error,
            aside,
        )
        self._open()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, self._mending(), _translated():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
            self._count += self._growth

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock, _translated():
            yield self._reader

    @contextmanager
    def _mending(self) -> Iterator[None]:
        """Damage met while writing: begin afresh, so that the next attempt succeeds; this one fails."""
        try:
            yield
        except LogStoreError as error:
            cause = error.__cause__
            if isinstance(cause, sqlite3.DatabaseError) and _is_ruined(cause):
                with self._read_lock, _translated():
                    self._reader.close()
                    self._writer.close()
                    self._start_afresh(cause)
            raise


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # Lines and offsets commit together, so a power cut costs only work that is done again.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 67108864")
        db.create_function("holds", 4, _holds, deterministic=True)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _row_of_cursor(cursor: Cursor) -> tuple[Any, ...]:
    # As bytes: a path need not be UTF-8.
    rest = (cursor.offset, cursor.fingerprint, cursor.skipping, cursor.lines)
    return cursor.file, os.fsencode(cursor.path), cursor.service, *rest


def _cursor(row: tuple[Any, ...]) -> Cursor:
    file, path, service, offset, fingerprint, skipping, lines = row
    return Cursor(file, os.fsdecode(path), service, offset, fingerprint, bool(skipping), lines)


def _line(row: tuple[Any, ...]) -> LogLine:
    _, at, service, level, message, origin, thread, trace_id, stack, cut = row
    return LogLine(at, service, level, message, origin, thread, trace_id, stack, bool(cut))


def _holds(folded: str, *texts: str) -> bool:
    return any(folded in text.casefold() for text in texts)


_Value = str | float


def _where(
    service: str, start: float, end: float, levels: Collection[str], q: str
) -> tuple[str, list[_Value]]:
    clauses = ["service = ? AND timestamp >= ? AND timestamp < ?"]
    values: list[_Value] = [service, start, end]
    if levels:
        clauses.append(f"level IN ({', '.join('?' * len(levels))})")
        values += levels
    if q:
        clauses.append("holds(?, message, logger, stack_trace)")
        values.append(q.casefold())
    return " AND ".join(clauses), values


def _services(db: sqlite3.Connection) -> list[str]:
    """Distinct services by one index seek each; DISTINCT would walk the whole index."""
    services: list[str] = []
    row = db.execute("SELECT min(service) FROM lines").fetchone()
    while row[0] is not None:
        services.append(row[0])
        row = db.execute("SELECT min(service) FROM lines WHERE service > ?", (row[0],)).fetchone()
    return services


def _is_ruined(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # absent where Python itself raised
    return code is not None and code & 0xFF in _RUINED


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogStoreError(f"the log database: {error}") from error
