"""The datasets: what is stored comes back, once each, in order."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.metrics.dataset_file import HEADER, line_time
from backend.metrics.history import CLOCK_ERROR, HistoryError, HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict

KEY = SeriesKey("shop", "cpu")
OTHER = SeriesKey('=cmd|" /C calc"!/..', "lat")
START = 1767225600.0
FOREVER = 1e12


def reading(
    number: float, value: float | None = 1.5, key: SeriesKey = KEY, anomalous: bool = False
) -> Reading:
    verdict = Verdict.ANOMALY if anomalous else Verdict.NORMAL
    return Reading(key, START + 15 * number, value, State.SCORED, verdict=verdict)


def at(numbers: Iterable[float]) -> NDArray[np.float64]:
    return np.array([START + 15 * number for number in numbers], dtype=np.float64)


def times(store: HistoryStore, key: SeriesKey = KEY) -> list[float]:
    return [(moment - START) / 15 for moment in store.load(key, 0, FOREVER).timestamps.tolist()]


def lines(root: Path, name: str) -> list[str]:
    return (root / name).read_text().splitlines()


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path)


def test_a_reading_is_one_line_in_its_dataset(store: HistoryStore, tmp_path: Path) -> None:
    features = {"value": 92.5, "delta": 3.25, "rolling_mean": 50.0, "rolling_std": 1.5, "zscore": math.inf}
    full = Reading(
        KEY, START, 92.5, State.SCORED, Severity.HIGH, Verdict.ANOMALY, 0.75, None, ("why",), features
    )
    assert store.append([full, reading(1)], "live") == {}
    store.flush()
    assert lines(tmp_path, "shop/anomaly/cpu.csv") == [
        "timestamp,value,status,severity,score,delta,rolling_mean,rolling_std,zscore,source",
        "2026-01-01T00:00:00Z,92.5,Anomaly,High,0.75,3.25,50.0,1.5,,live",
    ]
    assert lines(tmp_path, "shop/history/cpu.csv")[1:] == ["2026-01-01T00:00:15Z,1.5,Normal,Normal,,,,,,live"]
    series = store.load(KEY, START, START + 15)
    assert series.anomalous.tolist() == [True, False]
    assert store.load(KEY, START + 1, START + 15).timestamps.tolist() == [START + 15]
    frame = store.frame(KEY, START, START + 15)
    assert frame["dataset"].tolist() == ["anomaly", "history"]
    assert frame["zscore"].isna().all()
    assert frame["rolling_mean"].tolist()[0] == 50.0
    assert str(frame["timestamp"].iloc[1]) == "2026-01-01 00:00:15+00:00"


def test_what_is_no_number_is_never_written(store: HistoryStore, tmp_path: Path) -> None:
    store.append([reading(0, None), reading(1, math.nan), reading(2, math.inf), reading(3, -1.0)], "live")
    assert times(store) == [3]
    assert store.backfill(KEY, np.array([START + 60, START + 75]), np.array([math.nan, 2.0])) == 1
    store.flush()
    assert "nan" not in (tmp_path / "shop/history/cpu.csv").read_text().lower()


def test_a_restart_doubles_nothing(tmp_path: Path) -> None:
    HistoryStore(tmp_path).append([reading(n, anomalous=n == 4) for n in range(5)], "live")
    again = HistoryStore(tmp_path)
    assert again.last_timestamp(KEY) == START + 60
    again.append([reading(n) for n in range(3, 7)], "live")
    assert times(again) == [0, 1, 2, 3, 4, 5, 6]
    assert again.load(KEY, 0, FOREVER).anomalous.tolist() == [False] * 4 + [True, False, False]


@pytest.mark.parametrize("moved", [False, True], ids=["in the block", "in the CSVs"])
def test_whether_there_is_a_reading_since(store: HistoryStore, moved: bool) -> None:
    store.append([reading(0), reading(4)], "live")
    if moved:
        store.flush()
    assert [store.is_read_since(KEY, START + 15 * n) for n in (0, 3, 4, 4.1)] == [True, True, True, False]
    assert not store.is_read_since(SeriesKey("other", "cpu"), 0.0)


def test_a_backfill_fills_in_what_is_missing_and_nothing_else(store: HistoryStore, tmp_path: Path) -> None:
    store.append([reading(5), reading(6, anomalous=True), reading(8)], "live")
    grid = np.arange(10)
    assert store.backfill(KEY, at(grid), grid.astype(np.float64)) == 7
    assert store.backfill(KEY, at(grid), grid.astype(np.float64)) == 0
    series = store.load(KEY, 0, FOREVER)
    assert series.values.tolist() == [0, 1, 2, 3, 4, 1.5, 1.5, 7, 1.5, 9]
    assert lines(tmp_path, "shop/history/cpu.csv")[1] == "2026-01-01T00:00:00Z,0.0,Unknown,,,,,,,backfill"
    store.append([reading(9), reading(10)], "live")
    assert times(store) == list(range(11))


def test_a_clock_that_was_ahead_costs_no_reading_once_it_is_right(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    store.append([reading(n) for n in range(3)], "live")
    ahead = 2 * CLOCK_ERROR / 15
    store.append([reading(ahead), reading(ahead + 1, anomalous=True)], "live")
    store.append([reading(3, 3.0), reading(4, 4.0, anomalous=True)], "live")
    store.append([reading(3, 9.0), reading(4, 9.0), reading(5)], "live")
    assert times(store) == [0, 1, 2, 3, 4, 5, ahead, ahead + 1]
    series = store.load(KEY, START, START + 15 * 5)
    assert series.values.tolist() == [1.5, 1.5, 1.5, 3.0, 4.0, 1.5]
    assert series.anomalous.tolist() == [False] * 4 + [True, False]
    assert store.last_timestamp(KEY) == START + 15 * (ahead + 1)


def test_a_reading_a_little_older_than_the_newest_is_a_repeated_one(store: HistoryStore) -> None:
    store.append([reading(10)], "live")
    store.append([reading(9), reading(10 - CLOCK_ERROR / 15)], "live")
    assert times(store) == [10]


def test_service_names_stay_out_of_cells_and_paths(store: HistoryStore, tmp_path: Path) -> None:
    store.append([reading(0, key=OTHER), reading(0)], "live")
    assert store.keys() == [OTHER, KEY]
    store.flush()
    files = list(tmp_path.rglob("*.csv"))
    assert all("cmd" not in path.read_text() for path in files)
    assert {len(path.relative_to(tmp_path).parts) for path in files} == {3}
    assert store.keys() == [OTHER, KEY]


def test_keys_are_only_what_the_store_wrote(store: HistoryStore, tmp_path: Path) -> None:
    assert store.keys() == []
    long = SeriesKey("x" * 300, "cpu")
    store.append([reading(0), reading(0, key=long)], "live")
    for foreign in ("shop/other/cpu.csv", ".git/history/cpu.csv", "my notes/history/cpu.csv", "readme.csv"):
        (tmp_path / foreign).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / foreign).write_text("x\n")
    assert store.keys() == [KEY, long]


def test_a_pair_that_was_never_seen_is_empty(store: HistoryStore) -> None:
    assert store.last_timestamp(KEY) is None
    assert len(store.load(KEY, 0, FOREVER).values) == 0
    assert store.frame(KEY, 0, FOREVER)["score"].dtype == np.float64


def test_one_pair_that_cannot_be_used_is_its_own_failure(store: HistoryStore, tmp_path: Path) -> None:
    (tmp_path / "shop/history/cpu.csv").mkdir(parents=True)
    failed = store.append([reading(0), reading(0, key=OTHER)], "live")
    assert list(failed) == [KEY]
    assert failed[KEY].since == START
    assert "shop/history/cpu.csv" in failed[KEY].reason
    assert "directory" in failed[KEY].reason
    assert times(store, OTHER) == [0]
    with pytest.raises(HistoryError, match=r"shop/history/cpu\.csv: cannot be read: Is a directory"):
        store.load(KEY, 0, FOREVER)
    with pytest.raises(HistoryError, match=r"shop/history/cpu\.csv"):
        store.backfill(KEY, np.array([START]), np.array([1.0]))


def test_a_root_that_is_a_file_fails_every_pair(tmp_path: Path) -> None:
    (tmp_path / "datasets").write_text("")
    failed = HistoryStore(tmp_path / "datasets").append([reading(0), reading(0, key=OTHER)], "live")
    assert set(failed) == {KEY, OTHER}


@settings(max_examples=100)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_values_come_back_to_the_last_bit(values: list[float]) -> None:
    with tempfile.TemporaryDirectory() as root:
        store = HistoryStore(Path(root))
        half = len(values) // 2
        store.append([reading(n, value) for n, value in enumerate(values[:half])], "live")
        numbers = np.arange(half, len(values))
        store.backfill(KEY, at(numbers), np.array(values[half:]))
        assert HistoryStore(Path(root)).load(KEY, 0, FOREVER).values.tolist() == values


@settings(max_examples=50)
@given(st.lists(st.integers(-(10**9), 4 * 10**12), min_size=1, max_size=20))
def test_times_come_back_to_the_millisecond(millis: list[int]) -> None:
    """Written all at once where they are backfilled, as a reading's own time is where it is live."""
    with tempfile.TemporaryDirectory() as root:
        store = HistoryStore(Path(root))
        store.backfill(KEY, np.array(millis) / 1000, np.arange(len(millis), dtype=np.float64))
        found = store.load(KEY, -FOREVER, FOREVER)
        assert np.rint(found.timestamps * 1000).tolist() == sorted(set(millis))
        (path,) = Path(root).rglob("*.csv")
        stamps = [line.split(b",")[0].decode() for line in path.read_bytes().splitlines()[1:]]
        assert stamps == [to_rfc3339(time / 1000) for time in sorted(set(millis))]


# Those of the second range were written under a clock that was hours ahead.
NUMBERS = st.integers(-5, 40) | st.integers(1000, 1020)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "backfill", "flush", "reopen", "another process"]),
        st.lists(st.tuples(NUMBERS, st.booleans()), max_size=8),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_any_order_of_appends_backfills_and_restarts_keeps_each_reading_once(
    steps: list[tuple[str, list[tuple[int, bool]]]],
) -> None:
    expected: dict[int, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = other = HistoryStore(root)
        for turn, (step, batch) in enumerate(steps):
            if step == "reopen":
                store = HistoryStore(root)
            elif step == "another process":
                store, other = HistoryStore(root) if other is store else other, store
            elif step == "flush":
                store.flush()
            elif step == "append":
                store.append([reading(n, float(turn), anomalous=odd) for n, odd in batch], "live")
                newest = max(expected, default=-1000)
                taken = {
                    n: odd for n, odd in reversed(batch) if n > newest or 15 * (newest - n) > CLOCK_ERROR
                }
                expected = taken | expected
            else:
                numbers = [n for n, _ in batch]
                new = {n for n, _ in batch} - set(expected)
                assert store.backfill(KEY, at(numbers), np.full(len(batch), float(turn))) == len(new)
                expected |= dict.fromkeys(new, False)
            assert times(store) == sorted(expected)
        series = store.load(KEY, 0, FOREVER)
        assert series.anomalous.tolist() == [expected[n] for n in sorted(expected)]
        store.flush()
        assert times(store) == times(HistoryStore(root)) == sorted(expected)
        assert not list(root.rglob("*.block"))
        for file in root.rglob("*.csv"):
            raw = file.read_bytes()
            assert raw.startswith(HEADER)
            written = [line_time(line) for line in raw[len(HEADER) :].splitlines(keepends=True)]
            assert all(a is not None and b is not None and a < b for a, b in pairwise(written))


def test_loading_a_part_of_a_long_file_gives_exactly_that_part(store: HistoryStore) -> None:
    numbers = np.arange(3000)
    store.backfill(KEY, at(numbers), numbers.astype(np.float64))
    for first in (*range(0, 3000, 271), 2999):
        series = store.load(KEY, START + 15 * first, START + 15 * (first + 10))
        assert series.values.tolist() == list(range(first, min(first + 11, 3000)))


def test_the_recent_readings_are_those_that_load_gives(store: HistoryStore) -> None:
    store.backfill(KEY, at(range(500)), np.arange(500.0))
    store.append([reading(500, anomalous=True), reading(501)], "live")
    for start in (START, START + 15 * 490, START + 15 * 490.5, START + 15 * 501, START + 15 * 600):
        recent, loaded = store.recent(KEY, start), store.load(KEY, start, START + 1e6)
        np.testing.assert_array_equal(recent.timestamps, loaded.timestamps)
        np.testing.assert_array_equal(recent.values, loaded.values)
        np.testing.assert_array_equal(recent.anomalous, loaded.anomalous)
    assert store.count(KEY, START) == 502


def test_readers_see_whole_readings_while_others_write_and_rewrite(store: HistoryStore) -> None:
    count = 302
    problems: list[str] = []
    done = threading.Event()
    newest = [0]

    def read() -> None:
        seen = 0
        while not done.is_set():
            series = store.load(KEY, 0, FOREVER)
            if (np.diff(series.timestamps) <= 0).any() or (series.values != 1.5).any():
                problems.append("a reading was torn, doubled or out of order")
            if len(series.values) < seen:
                problems.append("a reading was gone")
            seen = len(series.values)

    def fill() -> None:
        for number in range(0, count, 3):
            while newest[0] <= number:
                time.sleep(0.0001)
            store.backfill(KEY, at([number]), np.array([1.5]))

    reader, filler = threading.Thread(target=read), threading.Thread(target=fill)
    reader.start()
    filler.start()
    for number in range(count):
        if number % 3:
            assert store.append([reading(number)], "live") == {}
            newest[0] = number
            if number % 7 == 0:
                store.flush()
    filler.join()
    done.set()
    reader.join()
    assert problems == []
    assert times(store) == list(range(count))
