"""The disk of the datasets fills up: scoring and alerting go on, and no reading is missing in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.jobs import snapshots
from backend.jobs.keeping import Keeping
from backend.metrics.readings import State
from backend.metrics.retention import Limits
from backend.tests.jobs.bench import INTERVAL, KEY, PAST, START, Bench
from backend.tests.small_disk import fill, small_disk

SICK = 5000.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with small_disk(tmp_path / "datasets", kilobytes=1024), Bench(tmp_path) as bench:
        yield bench


def test_a_full_disk_stops_neither_scores_nor_incidents_and_loses_nothing(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY)
    bench.poll()
    bench.history.flush()
    filler = fill(bench.directory / "datasets")
    while bench.health("datasets").state != "down":  # a page or two may be left in the newest block
        bench.healthy(KEY)
        assert bench.poll().readings[KEY].state is State.SCORED
    assert "No space left on device" in bench.health("datasets").detail
    for _ in range(4):
        bench.write(SICK)
        assert bench.poll().readings[KEY].state is State.SCORED
        bench.history.flush_due()
    assert bench.store.open_counts() == {KEY.service: 1}
    filler.unlink()
    for _ in range(3):
        bench.healthy(KEY)
        bench.poll()
    bench.history.flush()
    assert bench.health("datasets").state == "ok"
    assert bench.health("prometheus").state == "ok"
    polls = round((bench.next_poll - START) / INTERVAL)
    assert bench.stored_times() == [START + i * INTERVAL for i in range(-PAST, polls)]
    bench.restart()
    assert bench.stored_times() == [START + i * INTERVAL for i in range(-PAST, polls)]


def test_incidents_open_while_the_disk_that_holds_everything_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "all", kilobytes=14_000) as folder, Bench(folder) as bench:
        bench.learn(KEY)
        filler = fill(folder)
        for _ in range(40):
            bench.write(SICK)
            assert bench.poll().readings[KEY].state is State.SCORED
            bench.history.flush_due()
        assert bench.health("datasets").state == "down"
        assert bench.health("incidents").state == "ok"
        assert bench.store.open_counts() == {KEY.service: 1}
        filler.unlink()


def test_snapshots_that_the_disk_refused_are_saved_soon_after_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(snapshots, "time", SimpleNamespace(monotonic=lambda: now))
    with Bench(tmp_path) as bench:
        bench.learn(KEY)
        assert bench.snapshots is not None
        with small_disk(tmp_path / "models" / ".state", kilobytes=1024) as folder:
            filler = fill(folder)
            bench.snapshots.save_due()
            assert bench.health("snapshots").state == "degraded"
            filler.unlink()
            now += 60.0
            bench.snapshots.save_due()
            assert bench.health("snapshots").state == "ok"


def test_datasets_that_cannot_be_cut_to_their_limit_are_told(bench: Bench) -> None:
    bench.learn(KEY)
    limits = Limits(None, 100, bench.settings.training.window)
    Keeping(bench.history, limits, bench.clock, bench.board).run_once()
    assert bench.health("retention").state == "degraded"
    assert "more than storage.max_size" in bench.health("retention").detail
    assert len(bench.stored_times()) == PAST + 1, "what training needs stays"
