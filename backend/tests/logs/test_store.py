"""The store keeps what it was given, bounded, findable, and survives a damaged or a newer file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.logs.database import LogDatabase, LogStoreError
from backend.logs.line import LogLine
from backend.logs.store import Cursor, LogStore


def line(at: float, message: str = "m", level: str = "INFO", service: str = "pay") -> LogLine:
    return LogLine(timestamp=at, service=service, level=level, message=message)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore(tmp_path / "new" / "lines.db", keep=100, max_lines=1000)
    yield store
    store.close()


def messages(store: LogStore, q: str = "", service: str = "pay") -> list[str]:
    return [found.message for found in store.around(service, 0, 1e9, q=q).lines]


def test_what_is_stored_is_found_by_service_time_and_level_in_time_order(store: LogStore) -> None:
    lines = [line(3, level="WARN"), line(1), line(2, level="ERROR"), line(4), line(2, service="other")]
    store.append(lines)
    assert store.around("pay", 2, 4).lines == [lines[2], lines[0]]
    assert store.around("pay", 0, 9, levels=["ERROR", "WARN"]).lines == [lines[2], lines[0]]
    assert store.around("nobody", 0, 9) == ([], 0, False)
    assert (store.services(), store.earliest("pay"), store.earliest("x")) == (["other", "pay"], 1, None)


def test_every_field_of_a_line_comes_back(store: LogStore) -> None:
    full = LogLine(1.5, "pay", "ERROR", "m", "log.Ger", "main", "abc", "stack\n\tat x", True)
    store.append([full])
    assert store.around("pay", 0, 9).lines == [full]


def test_beyond_the_limit_the_nearest_stay_and_the_answer_says_so(store: LogStore) -> None:
    store.append([line(at, str(at)) for at in range(100)])
    near = store.around("pay", 0, 100, limit=5, nearest=50)
    assert [found.message for found in near.lines] == ["48", "49", "50", "51", "52"]
    assert (near.total, near.truncated) == (100, True)
    newest = store.around("pay", 0, 100, limit=2)
    assert [found.message for found in newest.lines] == ["98", "99"]
    assert store.around("pay", 0, 100, limit=100).truncated is False


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("100%", ["at 100% now"]),
        ("%", ["at 100% now"]),
        ("_", ["under_score"]),
        ("'", ["it's"]),
        ("ÜBER", ["über"]),
        ("TIMEOUT", ["Read timeout"]),
        ("socket", ["by stack"]),
        ("org.pay", ["by logger"]),
        ("absent", []),
    ],
)
def test_search_takes_its_text_as_it_stands(store: LogStore, q: str, expected: list[str]) -> None:
    texts = ["at 100% now", "under_score", "it's", "über", "Read timeout"]
    store.append([line(n, text) for n, text in enumerate(texts)])
    store.append([replace(line(10, "by stack"), stack_trace="java.net.SocketException")])
    store.append([replace(line(11, "by logger"), logger="org.pay.Ment")])
    assert messages(store, q) == expected


@given(text=st.text(min_size=1, max_size=30), data=st.data())
def test_any_part_of_a_message_finds_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    text = text.encode("utf-8", "replace").decode()
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    store = LogStore(tmp_path_factory.mktemp("s") / "l.db", 100, 1000)
    store.append([line(1, text)])
    assert messages(store, part) == [text]
    store.close()


def test_never_more_than_max_lines_and_the_first_stored_go(store: LogStore) -> None:
    for start in range(0, 2500, 500):
        store.append([line(at, str(at)) for at in range(start, start + 500)])
        assert store.count() <= 1000
    assert messages(store) == [str(at) for at in range(1500, 2500)]


def test_old_lines_are_trimmed_whatever_their_service(store: LogStore) -> None:
    store.append([line(at, str(at), service=name) for at in (10, 50, 200) for name in ("a", "pay")])
    assert store.trim(now=155) == 4
    assert (messages(store), store.count()) == (["200"], 2)


def test_the_room_of_deleted_lines_is_used_again(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "l.db", keep=100, max_lines=1000)
    for start in range(0, 60_000, 2_000):  # 15 MB of lines in all
        store.append([line(at, "x" * 200) for at in range(start, start + 2_000)])
    store.close()
    assert (tmp_path / "l.db").stat().st_size < 2_000_000


def test_cursors_and_lines_are_stored_together_or_not_at_all(store: LogStore) -> None:
    cursor = Cursor("1:2", "/logs/\udcff.log", "pay", 10, b"f", True, 3)
    store.append([line(1)], [cursor])
    assert store.cursors() == {"1:2": cursor}
    broken = replace(line(2), message=None)  # type: ignore[arg-type]
    with pytest.raises(LogStoreError):
        store.append([line(3), broken], [replace(cursor, offset=20)])
    assert (store.cursors(), store.count(), messages(store)) == ({"1:2": cursor}, 1, ["m"])
    store.append([], forget=["1:2"])
    assert store.cursors() == {}


def test_a_restart_finds_everything_again(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "l.db", 100, 1000)
    store.append([line(1)], [Cursor("1:2", "p", "s")])
    store.close()
    again = LogStore(tmp_path / "l.db", 100, 1000)
    assert (again.count(), messages(again), list(again.cursors())) == (1, ["m"], ["1:2"])
    again.close()


def test_a_damaged_file_is_moved_aside_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    store = LogStore(path, 100, 1000)
    store.append([line(1)])
    assert messages(store) == ["m"]
    assert (tmp_path / "l.db.damaged").read_bytes().startswith(b"this is no database")
    assert "damaged" in caplog.text
    store.close()


def test_damage_met_at_work_costs_one_write_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    store = LogStore(path, 100, 100_000)
    for _ in range(3):
        store.append([line(at, "x" * 100) for at in range(5000)])
    store.close()
    size = path.stat().st_size
    store = LogStore(path, 100, 100_000)
    with path.open("r+b") as file:  # all but the first pages, which the start has read
        file.seek(8192)
        file.write(b"\xee" * (size - 8192))
    attempts = 0
    while attempts < 5:
        attempts += 1
        try:
            store.append([line(1, "after")])
            break
        except LogStoreError:
            continue
    assert attempts <= 2
    assert store.around("pay", 0, 9, q="after").total == 1
    store.close()


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "l.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LogStoreError, match="newer Canopy"):
        LogStore(tmp_path / "l.db", 100, 1000)
    assert not (tmp_path / "l.db.damaged").exists()


def test_a_path_that_cannot_be_a_database_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LogStoreError, match="log database"):
        LogStore(tmp_path, 100, 1000)


def test_readers_and_writers_do_not_disturb_each_other(store: LogStore) -> None:
    problems: list[str] = []

    def read() -> None:
        for _ in range(50):
            total = store.around("pay", 0, 1e9).total
            if total % 10:
                problems.append(f"half a transaction: {total}")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, 500, 10):
        store.append([line(at) for at in range(start, start + 10)])
        store.trim(now=50)
    for reader in readers:
        reader.join()
    assert not problems
    assert store.count() == 500


def test_a_long_search_holds_up_no_other_one(tmp_path: Path) -> None:
    database = LogDatabase(tmp_path / "l.db")
    done = threading.Event()

    def search() -> None:
        with database.reading() as db:
            db.execute("SELECT count(*) FROM lines").fetchone()
        done.set()

    with database.reading() as db:
        db.execute("SELECT count(*) FROM lines").fetchone()
        other = threading.Thread(target=search)
        other.start()
        assert done.wait(20), "it waits for the search under way"
    other.join()
    database.close()


def test_closing_waits_for_a_search_and_refuses_the_next(tmp_path: Path) -> None:
    database = LogDatabase(tmp_path / "l.db")
    closing = threading.Thread(target=database.close)
    with database.reading() as db:
        closing.start()
        assert db.execute("SELECT count(*) FROM lines").fetchone() == (0,)
    closing.join()
    with pytest.raises(LogStoreError, match="closed"), database.reading():
        pytest.fail("it is closed")


def test_damage_met_while_others_read_moves_the_file_once_they_are_done(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    database = LogDatabase(path)
    writer = threading.Thread(target=_damage, args=(database,))
    with database.reading() as db:
        writer.start()
        assert db.execute("SELECT count(*) FROM lines").fetchone() == (0,)
    writer.join()
    assert path.with_name("l.db.damaged").exists()
    with database.reading() as db:
        assert db.execute("SELECT count(*) FROM lines").fetchone() == (0,)
    database.close()


def _damage(database: LogDatabase) -> None:
    """A write that meets what SQLite says of a damaged file."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    with pytest.raises(LogStoreError), database.writing():
        raise error
