"""What goes when readings are too old or too many, what never does, and what putting in order mends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.metrics.compaction import compact
from backend.metrics.dataset_file import HEADER
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State, Verdict
from backend.metrics.retention import Limits, trim

DAY = 86400.0
NOW = 1767225600.0 + 60 * DAY + DAY / 2
KEY, OTHER, GONE = SeriesKey("shop", "cpu"), SeriesKey("shop", "lat"), SeriesKey("a/b", "cpu")
FOREVER = Limits(keep=None, max_size=None, window=2 * DAY)


def days_of(store: HistoryStore, key: SeriesKey) -> list[float]:
    """How many days ago the pair's readings were, newest first."""
    ages = (NOW - store.load(key, 0, 1e12).timestamps) / DAY
    return sorted(np.round(ages, 2).tolist())


def fill(store: HistoryStore, key: SeriesKey, first: int, last: int, per_day: int = 1) -> None:
    """Readings every day from ``first`` days ago to ``last`` days ago."""
    times = np.arange(NOW - first * DAY, NOW - last * DAY + 1, DAY / per_day)
    store.backfill(key, times, np.ones(len(times)))


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path)


def test_readings_that_are_too_old_go_a_whole_day_at_a_time(store: HistoryStore) -> None:
    fill(store, KEY, 40, 0)
    fill(store, OTHER, 5, 0)
    before = store.size(KEY)
    done = trim(store, Limits(30 * DAY, None, 2 * DAY), NOW, exact=True)
    assert days_of(store, KEY) == [float(day) for day in range(31)]
    assert days_of(store, OTHER) == [float(day) for day in range(6)]
    assert (done.cut, done.gone, done.problems) == (1, 0, ())
    assert done.freed == before - store.size(KEY)
    assert done.left == store.size(KEY) + store.size(OTHER)
    store.append([Reading(KEY, NOW + 60, 1.0, State.SCORED)], "live")
    assert len(days_of(store, KEY)) == 32


def test_files_are_not_written_anew_for_a_day_too_much(store: HistoryStore) -> None:
    limits = Limits(30 * DAY, None, 2 * DAY)
    fill(store, KEY, 32, 0)
    assert trim(store, limits, NOW, exact=False).freed == 0
    fill(store, KEY, 40, 33)
    assert trim(store, limits, NOW, exact=False).cut == 1
    assert days_of(store, KEY)[-1] == 30.0


def test_a_pair_that_is_gone_goes_with_its_folder(store: HistoryStore, tmp_path: Path) -> None:
    fill(store, GONE, 50, 40)
    store.append([Reading(GONE, NOW - 39 * DAY, 1.0, State.SCORED, verdict=Verdict.ANOMALY)], "live")
    store.flush()
    fill(store, KEY, 1, 0)
    done = trim(store, Limits(30 * DAY, None, 2 * DAY), NOW, exact=False)
    assert done.gone == 1
    assert store.keys() == [KEY]
    assert {path.name for path in tmp_path.glob("[!.]*")} == {"shop"}
    fill(store, GONE, 1, 0)
    assert days_of(store, GONE) == [0.0, 1.0]


def test_too_many_readings_lose_the_oldest_days_of_all_pairs(store: HistoryStore) -> None:
    fill(store, KEY, 20, 0, per_day=24)
    fill(store, OTHER, 10, 0, per_day=24)
    limit = (store.size(KEY) + store.size(OTHER)) // 2
    done = trim(store, Limits(None, limit, 2 * DAY), NOW, exact=True)
    assert store.size(KEY) + store.size(OTHER) == done.left <= limit
    assert days_of(store, KEY)[-1] == days_of(store, OTHER)[-1]
    assert done.left > limit * 0.8
    assert trim(store, Limits(None, limit, 2 * DAY), NOW, exact=True).freed == 0


def test_the_day_to_cut_at_is_found_in_few_looks_at_each_file(
    store: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, KEY, 20, 0, per_day=10)
    looks = []
    size_before = store.size_before

    def noted(key: SeriesKey, timestamp: float) -> int:
        looks.append(timestamp)
        return size_before(key, timestamp)

    monkeypatch.setattr(store, "size_before", noted)
    for share in (0.2, 0.5, 0.9):
        limits = Limits(None, int(share * store.size(KEY)), DAY)
        assert trim(store, limits, NOW, exact=True, dry_run=True).problems == ()
        assert len(looks) <= 10
        looks.clear()


def test_what_training_needs_stays_whatever_the_limits_say(store: HistoryStore) -> None:
    fill(store, KEY, 20, 0)
    done = trim(store, Limits(30 * DAY, 10, 5 * DAY), NOW, exact=True)
    assert days_of(store, KEY) == [float(day) for day in range(6)]
    assert "more than storage.max_size" in done.problems[0]
    assert "training.window" in done.problems[0]


def test_a_dry_run_says_the_same_and_changes_nothing(store: HistoryStore, tmp_path: Path) -> None:
    fill(store, KEY, 40, 0)
    fill(store, GONE, 60, 50)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}
    limits = Limits(30 * DAY, None, 2 * DAY)
    said = list(compact(store, limits, NOW, dry_run=True).lines())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.csv")} == before
    assert said == list(compact(store, limits, NOW, dry_run=False).lines())
    assert "1 pairs cut, 1 removed whole" in "\n".join(said)


def test_a_pair_that_cannot_be_read_is_named_and_the_rest_is_cut(store: HistoryStore, tmp_path: Path) -> None:
    fill(store, KEY, 40, 0)
    (tmp_path / "shop/history/lat.csv").mkdir()
    done = trim(store, Limits(30 * DAY, None, 2 * DAY), NOW, exact=False)
    assert done.cut == 1
    assert "lat.csv: cannot be read: Is a directory" in done.problems[0]


def test_compacting_sorts_mends_and_moves_what_a_crash_has_left(store: HistoryStore, tmp_path: Path) -> None:
    fill(store, KEY, 3, 0)
    store.append([Reading(OTHER, NOW, 7.0, State.SCORED)], "live")
    file = tmp_path / "shop/history/cpu.csv"
    first, *rest = file.read_bytes()[len(HEADER) :].splitlines(keepends=True)
    file.write_bytes(HEADER + b"".join([*rest, rest[-1], b"rubbish\n", first, b"2026-01-"]))
    (tmp_path / "shop/history/.cpu.csv.tmp").write_bytes(b"half")
    done = compact(HistoryStore(tmp_path), FOREVER, NOW, dry_run=False)
    assert (done.waiting, done.unsorted, done.damaged, done.leftovers) == (1, 1, 1, 1)
    assert file.read_bytes() == HEADER + b"".join([first, *rest])
    assert b"rubbish" in file.with_name("cpu.csv.torn").read_bytes()
    assert HistoryStore(tmp_path).load(OTHER, 0, 1e12).values.tolist() == [7.0]
    assert not list(tmp_path.rglob(".*.tmp"))
    again = compact(HistoryStore(tmp_path), FOREVER, NOW, dry_run=False)
    assert (again.waiting, again.unsorted, again.damaged, again.leftovers) == (0, 0, 0, 0)
