"""Readings between the block and the CSVs: whatever a crash leaves, each is there once, in order."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.metrics.dataset_file import HEADER, line_time
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State, Verdict
from backend.tests.small_disk import fill, small_disk

KEYS = [SeriesKey("shop", "cpu"), SeriesKey("shop", "lat"), SeriesKey("a/b \udcff", "cpu")]
START = 1767225600.0


def reading(key: SeriesKey, number: int) -> Reading:
    verdict = Verdict.ANOMALY if number % 3 == 0 else Verdict.NORMAL
    return Reading(key, START + 15 * number, number / 7, State.SCORED, verdict=verdict)


def numbers(store: HistoryStore, key: SeriesKey) -> list[float]:
    return [(at - START) / 15 for at in store.load(key, 0, 1e12).timestamps.tolist()]


def blocks(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.glob(".ahead/*.block")}


def csv_sizes(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in root.rglob("*.csv")}


class Crashing:
    """A store that dies while it works, at a byte that the test chooses, and what it had acknowledged."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = HistoryStore(root)
        self.kept: dict[SeriesKey, list[int]] = {key: [] for key in KEYS}
        self._next = 0

    def append(self, some: list[bool]) -> None:
        self._next += 1
        keys = [key for key, chosen in zip(KEYS, some, strict=True) if chosen]
        assert self.store.append([reading(key, self._next) for key in keys], "live") == {}
        for key in keys:
            self.kept[key].append(self._next)

    def die_in_append(self, some: list[bool], share: float) -> None:
        """The block's last record is cut: nobody was told that it is kept."""
        before = blocks(self.root)
        kept = {key: list(there) for key, there in self.kept.items()}
        self.append(some)
        for path, content in blocks(self.root).items():
            old = len(before.get(path, b""))
            cut = old + int(share * (len(content) - old))
            os.truncate(path, cut)
            if cut < len(content):
                self.kept = kept
        self.store = HistoryStore(self.root)

    def die_in_flush(self, shares: list[float]) -> None:
        """Each CSV has got a part of its rows; the blocks are still there."""
        kept, sizes = blocks(self.root), csv_sizes(self.root)
        self.store.flush()
        for path, content in kept.items():
            path.write_bytes(content)
        for turn, path in enumerate(sorted(csv_sizes(self.root))):
            old = sizes.get(path, 0)
            os.truncate(path, old + int(shares[turn % len(shares)] * (path.stat().st_size - old)))
        self.store = HistoryStore(self.root)


SOME = st.lists(st.booleans(), min_size=len(KEYS), max_size=len(KEYS))
SHARE = st.floats(0, 1)
STEP = st.one_of(
    st.tuples(st.just("append"), SOME),
    st.tuples(st.just("append"), SOME),
    st.tuples(st.just("flush")),
    st.tuples(st.just("die_in_append"), SOME, SHARE),
    st.tuples(st.just("die_in_flush"), st.lists(SHARE, min_size=1, max_size=4)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=14))
def test_a_crash_at_any_byte_keeps_each_acknowledged_reading_once(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        crashing = Crashing(root)
        for name, *arguments in steps:
            if name == "flush":
                crashing.store.flush()
            else:
                getattr(crashing, str(name))(*arguments)
            for key, kept in crashing.kept.items():
                assert numbers(crashing.store, key) == kept
                assert numbers(HistoryStore(root), key) == kept
        crashing.store.flush()
        assert blocks(root) == {}
        for key, kept in crashing.kept.items():
            assert numbers(HistoryStore(root), key) == kept
        for path in root.rglob("*.csv"):
            content = path.read_bytes()
            assert content.startswith(HEADER)
            times = [line_time(line) for line in content[len(HEADER) :].splitlines(keepends=True)]
            whole = [time for time in times if time is not None]
            assert times == sorted(set(whole)), "whole lines, each time once, in order"


def test_a_damaged_record_ends_its_block_and_is_kept_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = HistoryStore(tmp_path)
    for number in range(1, 4):
        store.append([reading(KEYS[0], number)], "live")
    ((path, content),) = blocks(tmp_path).items()
    for position in range(len(content) * 2 // 3, len(content), 7):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        assert numbers(HistoryStore(tmp_path), KEYS[0]) in ([1, 2], [1])
    assert "no whole record" in caplog.text
    HistoryStore(tmp_path).flush()
    assert [file.suffix for file in (tmp_path / ".ahead").iterdir()] == [".torn"]
    assert numbers(HistoryStore(tmp_path), KEYS[0]) == [1, 2]


def test_another_process_reads_what_is_only_in_the_block(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    reader = HistoryStore(tmp_path)
    for number in range(1, 5):
        store.append([reading(KEYS[0], number)], "live")
        assert numbers(reader, KEYS[0]) == list(range(1, number + 1))
        assert reader.keys() == [KEYS[0]]
        assert reader.last_timestamp(KEYS[0]) == START + 15 * number
        if number % 2:
            store.flush()
    assert not list(tmp_path.rglob("*.torn"))


def test_an_idle_pair_costs_no_write(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    store.append([reading(key, 1) for key in KEYS], "live")
    store.flush()
    before = {path: path.stat() for path in tmp_path.rglob("*.csv")}
    for number in range(2, 30):
        store.append([reading(KEYS[0], number)], "live")
    assert {path: path.stat() for path in tmp_path.rglob("*.csv")} == before, "not before it is moved"
    store.flush()
    changed = [path for path, status in before.items() if path.stat().st_mtime_ns != status.st_mtime_ns]
    assert all(path.parent.parent.name == "shop" and path.stem == "cpu" for path in changed)


def test_readings_are_moved_when_they_are_many(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    store.append([reading(KEYS[0], 1)], "live")
    store.flush_due()  # the first look takes what a crash has left
    assert blocks(tmp_path) == {}
    for number in range(2, 22):
        store.append([reading(KEYS[0], number)], "live")
        assert len(blocks(tmp_path)) == 1
        store.flush_due()
    assert blocks(tmp_path) == {}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", kilobytes=256) as folder:
        yield folder


def test_a_full_disk_keeps_what_was_kept_and_recovers(disk: Path) -> None:
    root = disk / "datasets"
    store = HistoryStore(root)
    for number in range(1, 6):
        assert store.append([reading(key, number) for key in KEYS], "live") == {}
    store.flush()
    assert store.append([reading(key, 6) for key in KEYS], "live") == {}
    filler = fill(disk)
    sizes = csv_sizes(root)
    for number in range(7, 30):
        failed = store.append([reading(key, number) for key in KEYS], "live")
        if failed:
            break
    assert set(failed) == set(KEYS)
    assert failed[KEYS[0]].since == START + 15 * number
    assert "No space left on device" in failed[KEYS[0]].reason
    store.flush()
    kept = list(range(1, number))
    assert [numbers(store, key) for key in KEYS] == [kept] * len(KEYS)
    assert [numbers(HistoryStore(root), key) for key in KEYS] == [kept] * len(KEYS)
    for path, size in sizes.items():
        assert path.read_bytes()[size - 1 :].endswith(b"\n"), "nothing half-written"
    filler.unlink()
    assert store.append([reading(key, number) for key in KEYS], "live") == {}
    store.flush()
    assert store.trouble == ""
    assert blocks(root) == {}
    assert [numbers(HistoryStore(root), key) for key in KEYS] == [[*kept, number]] * len(KEYS)


def test_a_block_that_may_not_grow_takes_nothing_in_part(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from backend.metrics.history import HistoryStore
from backend.tests.metrics.test_write_ahead import KEYS, reading
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
store = HistoryStore(Path(sys.argv[1]))
for number in range(1, 4):
    failed = store.append([reading(key, number) for key in KEYS], "live")
    print(sorted(since for since, _ in failed.values()))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept, *_ = done.stdout.splitlines()
    assert kept == "[]"
    store = HistoryStore(tmp_path)
    said = [line == "[]" for line in done.stdout.splitlines()]
    assert numbers(store, KEYS[0]) == [number for number, fine in enumerate(said, start=1) if fine]
