"""The database file: new, older, newer, or not ours at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backend.incidents import schema
from backend.incidents.queries import IncidentQuery
from backend.incidents.schema import STEPS, SchemaTooNew, StoreError, prepare
from backend.incidents.store import IncidentStore
from backend.metrics.readings import SeriesKey
from backend.tests.incidents.builders import opened

NEXT = (*STEPS, ("ALTER TABLE incidents ADD COLUMN owner TEXT", "CREATE INDEX by_owner ON incidents (owner)"))
"""A later version: what a released upgrade will look like."""

NOW = len(STEPS)
BACKUP = f"canopy.db.v{NOW}.bak"


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def test_a_new_file_is_safe_against_power_cuts_and_knows_its_version(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "canopy.db"
    IncidentStore(path).close()
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]
    assert ask(path, "PRAGMA user_version") == [(len(STEPS),)]
    with closing(schema.connect(path)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_an_empty_file_becomes_a_database(database: Path) -> None:
    database.touch()
    store = IncidentStore(database)
    assert opened(store).id == 1
    store.close()


def test_opening_again_upgrades_and_copies_nothing(database: Path) -> None:
    for _ in range(2):
        IncidentStore(database).close()
    assert list(database.parent.glob("*.bak*")) == []


def test_an_older_file_is_upgraded_after_a_copy(store: IncidentStore, database: Path) -> None:
    # The store stays open: what was committed last is still in the write-ahead log, and must be in the copy.
    incident = opened(store)
    prepare(database, NEXT)
    assert ask(database, "PRAGMA user_version") == [(NOW + 1,)]
    assert ask(database, "SELECT id, owner FROM incidents") == [(incident.id, None)]
    copy = database.with_name(BACKUP)
    assert ask(copy, "PRAGMA user_version") == [(NOW,)]
    restored = IncidentStore(copy)
    assert restored.get(incident.id) == incident
    restored.close()
    assert list(database.parent.glob("*.tmp")) == []


def test_without_a_copy_there_is_no_upgrade(store: IncidentStore, database: Path) -> None:
    database.with_name(BACKUP).mkdir()
    with pytest.raises(StoreError, match=rf"not upgraded, its copy canopy\.db\.v{NOW}\.bak cannot be made"):
        prepare(database, NEXT)
    assert ask(database, "PRAGMA user_version") == [(NOW,)]
    assert opened(store).id == 1


def test_an_upgrade_that_fails_leaves_the_old_file(store: IncidentStore, database: Path) -> None:
    incident = opened(store)
    broken = (*NEXT, ("CREATE TABLE incidents (id INTEGER)",))
    with pytest.raises(StoreError, match=r"canopy\.db: table incidents already exists"):
        prepare(database, broken)
    assert ask(database, "PRAGMA user_version") == [(NOW,)]
    assert store.get(incident.id) == incident
    again = IncidentStore(database)
    assert again.list(IncidentQuery()).total == 1
    again.close()


def test_a_newer_file_is_refused_and_untouched(database: Path) -> None:
    IncidentStore(database).close()
    prepare(database, NEXT)
    before = database.read_bytes()
    with pytest.raises(SchemaTooNew) as caught:
        IncidentStore(database)
    assert caught.value.detail == (
        f"{database}: a newer Canopy wrote it (schema version {NOW + 1}; this one knows up to {NOW}). "
        f"Start the newer Canopy, or set storage.database to the copy from before its upgrade, {BACKUP}, "
        "if it is there."
    )
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"timestamp,value\n1,2\n" * 100, b"\x00" * 4096, b"SQLite format 4\x00" * 99]
)
def test_a_file_that_is_no_database_is_refused_and_untouched(database: Path, content: bytes) -> None:
    database.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        IncidentStore(database)
    assert caught.value.detail.startswith(f"{database}: it is not a SQLite database. Move it away")
    assert database.read_bytes() == content


@pytest.mark.parametrize("mark", ["PRAGMA application_id = 252006673", "PRAGMA user_version = 1"])
def test_the_database_of_another_program_is_refused_and_untouched(database: Path, mark: str) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE incidents (id INTEGER)")
        other.execute(mark)
        other.commit()
    before = database.read_bytes()
    with pytest.raises(StoreError, match="it is a database of another program"):
        IncidentStore(database)
    assert database.read_bytes() == before


def test_a_place_that_cannot_be_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be opened"):
        IncidentStore(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="its folder cannot be made"):
        IncidentStore(tmp_path / "file" / "canopy.db")


def test_a_damaged_file_is_said_plainly(store: IncidentStore, database: Path) -> None:
    opened(store)
    store.close()
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    database.write_bytes(content)
    with pytest.raises(StoreError, match="it is damaged"), closing(IncidentStore(database)) as damaged:
        damaged.list(IncidentQuery())


def test_a_file_keeps_room_for_incidents_on_a_full_disk_and_does_not_grow_by_it(database: Path) -> None:
    sizes: list[int] = []
    for _ in range(3):
        store = IncidentStore(database)
        store.keep_room(anew=True)
        for number in range(20):
            opened(store, key=SeriesKey(f"service-{len(sizes)}-{number}", "lat"))
        store.close()
        sizes.append(database.stat().st_size)
        ((free,),) = ask(database, "PRAGMA freelist_count")
        assert int(str(free)) * 4096 > 2 << 20
    assert sizes[0] < 8 << 20
    assert sizes[-1] - sizes[0] < 1 << 20
