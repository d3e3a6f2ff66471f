"""The incidents' database file: its tables, its version, and how an older file becomes a newer one."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from backend.metrics.files import sync_folder

APPLICATION_ID = 0x43414E50  # "CANP": tells our file from any other SQLite database
BUSY_SECONDS = 10.0
"""How long a write waits for another process that is writing."""

_ROOM = 5 << 20
"""Bytes that are kept free inside the file for incidents on a full disk, some hundred with their log lines.

More than the write-ahead log ever holds: SQLite begins that anew after 1,000 pages.
"""

Step = tuple[str, ...]
"""The statements that lead from one schema version to the next."""

_FIRST: Step = (
    """
    CREATE TABLE incidents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL,
        metric TEXT NOT NULL,
        metric_title TEXT NOT NULL,
        unit TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        severity TEXT NOT NULL CHECK (severity IN ('Normal', 'High', 'Critical')),
        status TEXT NOT NULL CHECK (status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED')),
        title TEXT NOT NULL,
        reason TEXT NOT NULL,
        policy TEXT NOT NULL,
        event_ts REAL NOT NULL,
        opened_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        resolved_at REAL,
        resolve_reason TEXT,
        last_fired_at REAL NOT NULL,
        reading_count INTEGER NOT NULL,
        feedback TEXT,
        search TEXT NOT NULL,
        severity_rank INTEGER GENERATED ALWAYS AS
            (CASE severity WHEN 'Critical' THEN 2 WHEN 'High' THEN 1 ELSE 0 END) VIRTUAL,
        urgency INTEGER GENERATED ALWAYS AS
            (CASE status WHEN 'OPEN' THEN 20 WHEN 'ACKNOWLEDGED' THEN 10 ELSE 0 END
             + CASE severity WHEN 'Critical' THEN 2 WHEN 'High' THEN 1 ELSE 0 END) VIRTUAL
    )""",
    # The last guard against a second incident for one pair: it holds whatever the code above it does.
    "CREATE UNIQUE INDEX one_unresolved ON incidents (service, metric) WHERE status <> 'RESOLVED'",
    """CREATE INDEX newest_of_pair
       ON incidents (service, metric, (status = 'RESOLVED'), last_fired_at DESC, id DESC)""",
    "CREATE INDEX by_urgency ON incidents (urgency, opened_at, id)",
    "CREATE INDEX by_opened_at ON incidents (opened_at, id)",
    "CREATE INDEX by_updated_at ON incidents (updated_at, id)",
    "CREATE INDEX by_severity ON incidents (severity_rank, opened_at, id)",
    "CREATE INDEX by_service ON incidents (service, id)",
    "CREATE INDEX for_counts ON incidents (service, severity, status, metric)",
    """
    CREATE TABLE incident_readings (
        incident_id INTEGER NOT NULL REFERENCES incidents (id),
        timestamp REAL NOT NULL,
        value REAL NOT NULL,
        score REAL,
        severity TEXT NOT NULL,
        verdict TEXT NOT NULL,
        expected_low REAL,
        expected_high REAL,
        PRIMARY KEY (incident_id, timestamp)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE incident_timeline (
        id INTEGER PRIMARY KEY,
        incident_id INTEGER NOT NULL REFERENCES incidents (id),
        at REAL NOT NULL,
        kind TEXT NOT NULL,
        actor TEXT NOT NULL,
        text TEXT NOT NULL
    )""",
    "CREATE INDEX timeline_of_incident ON incident_timeline (incident_id, id)",
    """
    CREATE TABLE incident_logs (
        incident_id INTEGER PRIMARY KEY REFERENCES incidents (id),
        lines TEXT NOT NULL
    )""",
)

_REASONS: Step = (
    """
    CREATE TABLE incident_cards (
        incident_id INTEGER PRIMARY KEY REFERENCES incidents (id),
        card TEXT NOT NULL
    )""",
    """
    CREATE TABLE artefacts (
        service TEXT NOT NULL,
        at REAL NOT NULL,
        kind TEXT NOT NULL,
        words TEXT NOT NULL,
        settles_at REAL,
        PRIMARY KEY (service, at, kind)
    ) WITHOUT ROWID""",
    "CREATE INDEX artefacts_by_time ON artefacts (at)",
)

_SENSITIVITY: Step = (
    """
    CREATE TABLE sensitivity_changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        by TEXT NOT NULL,
        metric TEXT NOT NULL,
        sensitivity TEXT
    )""",
)

_LASTING: Step = ("ALTER TABLE artefacts ADD COLUMN lasts INTEGER NOT NULL DEFAULT 0",)

STEPS: tuple[Step, ...] = (_FIRST, _REASONS, _SENSITIVITY, _LASTING)
"""Step n leads from version n to n + 1. A step that was released never changes: a new one is added."""


class StoreError(Exception):
    """The database cannot be used; ``detail`` names the file and says what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SchemaTooNew(StoreError):
    """A newer Canopy wrote the file: this one would damage it."""


_PLAIN = {
    "file is not a database": "it is not a SQLite database. Move it away, or set storage.database",
    "unable to open database file": "it cannot be opened. Is it a file, and who may read and write it?",
    "attempt to write a readonly database": "it cannot be written. Who may write the file and its folder?",
    "database is locked": f"another process kept it locked for {BUSY_SECONDS:.0f} s. Nothing was changed",
    "database or disk is full": "the disk is full. Nothing was changed; free some space",
    "database disk image is malformed": "it is damaged. Stop Canopy and restore a backup of it",
}


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """SQLite's errors -> StoreError in plain words; a broken constraint stays an IntegrityError."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {_PLAIN.get(str(error), str(error))}") from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection that any one thread at a time may use; transactions are begun by hand."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # NORMAL loses acknowledged commits in a power cut: measured, 11 of 25 cuts.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def keep_room(connection: sqlite3.Connection, *, anew: bool) -> None:
    """Within a transaction: have so much of the disk that incidents still open once it is full.

    The file's free pages are enough, and with ``anew`` the log too, which was left behind at the last close.
    """
    free = _number(connection, "freelist_count") * _number(connection, "page_size")
    if anew or free < _ROOM // 2:
        connection.execute("CREATE TABLE room (bytes BLOB)")
        connection.execute("INSERT INTO room VALUES (zeroblob(?))", (_ROOM,))
        connection.execute("DROP TABLE room")


def prepare(path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Create the file or bring it up to version ``len(steps)``, after a copy of it as it was.

    The copy is ``<name>.v<version>.bak`` beside the file. Two processes may do this at the same time.
    Raises SchemaTooNew, or StoreError for a file that is not ours or cannot be used; it is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: its folder cannot be made: {error.strerror}.") from error
    with plain_errors(path), closing(connect(path)) as connection:
        _refuse_foreign(connection, path, len(steps))
        _use_wal(connection, path)
        connection.execute("BEGIN IMMEDIATE")
        version = _number(connection, "user_version")
        if version < len(steps):
            if version:
                _back_up(path, version)
            for statement in (statement for step in steps[version:] for statement in step):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")


def _refuse_foreign(connection: sqlite3.Connection, path: Path, known: int) -> None:
    # One statement, one snapshot: another process may be creating the tables right now.
    application, version, tables = connection.execute(
        """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
           FROM pragma_application_id, pragma_user_version"""
    ).fetchone()
    if application != APPLICATION_ID and (tables or application or version):
        raise StoreError(
            f"{path}: it is a database of another program. Set storage.database to a file of Canopy's own."
        )
    if version > known:
        raise SchemaTooNew(
            f"{path}: a newer Canopy wrote it (schema version {version}; this one knows up to {known}). "
            f"Start the newer Canopy, or set storage.database to the copy from before its upgrade, "
            f"{path.name}.v{known}.bak, if it is there."
        )


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """So that readers never wait for the writer. The busy timeout does not cover this change: retried."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise StoreError(f"{path}: its file system does not allow a write-ahead log. Use a local disk.")
        return


def _back_up(path: Path, version: int) -> None:
    """A whole copy as last committed; it has its name only once it is safely on disk."""
    copy = path.with_name(f"{path.name}.v{version}.bak")
    unfinished = copy.with_name(f"{copy.name}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        with closing(connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(copy)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path}: not upgraded, its copy {copy.name} cannot be made: {error.strerror}."
        ) from error


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
