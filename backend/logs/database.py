"""The log store's SQLite file: opened, versioned, moved aside when damaged, one transaction at a time."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.logs.novelty import cause_class
from backend.logs.templates import template

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
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LogStoreError(Exception):
    """The log store cannot be read or written now; the text says why."""


class LogDatabase:
    """One writing connection behind a lock, a reading one for each caller: searches hold nobody up."""

    def __init__(self, path: Path) -> None:
        """Raises LogStoreError if the file is of a newer version or cannot be opened.

        A damaged file is moved aside and a fresh one begun: the lines can be read again from their files.
        """
        self._path = path
        self._write_lock = threading.Lock()
        self._readers = threading.Condition()
        self._idle_readers: list[sqlite3.Connection] = []
        self._reading = 0  # readers in use
        self._closed = False
        with _translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._open()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._start_afresh(error)

    def close(self) -> None:
        """Wait for what is under way and close all connections; nothing may be called afterwards."""
        with self._write_lock, self._no_readers():
            self._closed = True
            self._writer.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all of it or none. Raises LogStoreError.

        Damage met here begins a fresh file, so that the next attempt succeeds; this one fails.
        """
        with self._write_lock:
            try:
                with _translated(), self._transaction():
                    yield self._writer
            except LogStoreError as error:
                cause = error.__cause__
                if isinstance(cause, sqlite3.DatabaseError) and _is_damage(cause):
                    with self._no_readers(), _translated():
                        self._writer.close()
                        self._start_afresh(cause)
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of the caller's own. Raises LogStoreError."""
        with _translated():
            reader = self._take_reader()
            try:
                yield reader
            finally:
                with self._readers:
                    self._idle_readers.append(reader)
                    self._reading -= 1
                    self._readers.notify_all()

    def _take_reader(self) -> sqlite3.Connection:
        with self._readers:
            if self._closed:
                raise LogStoreError("the log database: it is closed, Canopy is stopping")
            reader = self._idle_readers.pop() if self._idle_readers else _connect(self._path)
            self._reading += 1
            return reader

    @contextmanager
    def _no_readers(self) -> Iterator[None]:
        """Wait until nobody reads, close the readers, let nobody begin: the file may be moved meanwhile."""
        with self._readers:
            self._readers.wait_for(lambda: self._reading == 0)
            while self._idle_readers:
                self._idle_readers.pop().close()
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # SQLite has rolled back itself where the disk was full
                self._writer.execute("ROLLBACK")
            raise

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
            # Walks an index from end to end: what is damaged shows now rather than in an incident.
            self._writer.execute("SELECT count(*) FROM lines").fetchone()
        except (sqlite3.Error, LogStoreError):
            self._writer.close()
            raise

    def _start_afresh(self, error: sqlite3.DatabaseError) -> None:
        """Move the damaged file aside, over an older damaged one: a loop must not fill the disk."""
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


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # Lines and offsets commit together, so a power cut costs only work that is done again.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 67108864")
        db.create_function("holds", 4, _holds, deterministic=True)
        db.create_function("template_of", 1, template, deterministic=True)
        db.create_function("cause_of", 1, cause_class, deterministic=True)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _holds(folded: str, *texts: str) -> bool:
    """SQL ``holds(q, ...)``: lower() and LIKE of SQLite fold ASCII only, and LIKE has wildcards."""
    return any(folded in text.casefold() for text in texts)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # absent where Python itself raised
    return code is not None and code & 0xFF in _DAMAGED


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogStoreError(f"the log database: {error}") from error
