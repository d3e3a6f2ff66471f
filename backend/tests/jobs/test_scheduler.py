"""When the jobs run: the training that is due, the one that has to wait, and how a stop is bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.clock import Clock, SystemClock
from backend.jobs import scheduler
from backend.jobs.keeping import Keeping, limits_of
from backend.jobs.logtail import LogTail
from backend.jobs.scheduler import Jobs
from backend.logs.store import LogStore
from backend.metrics.history import HistoryError
from backend.metrics.readings import SeriesKey
from backend.tests.jobs.bench import INTERVAL, KEY, Bench
from backend.tests.real import wait_until

DAY = 86400.0
GONE = SeriesKey("gone", "lat")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


def jobs_of(bench: Bench, clock: Clock) -> Jobs:
    store = LogStore(bench.directory / "logs.db", 3600.0, 1000)
    return Jobs(
        history=bench.history,
        keeping=Keeping(bench.history, limits_of(bench.settings), clock, bench.board),
        poll_interval=INTERVAL,
        retrain_interval=DAY,
        poll=bench.cycle,
        log_tail=LogTail([], store, bench.board),
        retrainer=bench.retrainer,
        registry=bench.registry,
        snapshots=None,
        clock=clock,
        health=bench.board,
    )


def test_a_model_that_can_never_be_renewed_does_not_ask_for_a_training_at_every_start(bench: Bench) -> None:
    bench.learn(KEY, GONE)
    for _ in range(20):
        bench.healthy(KEY)
        bench.poll()
    bench.retrainer.run("api", [KEY, GONE])
    last = bench.clock.time
    bench.healthy(KEY)
    bench.poll()
    bench.retrainer.run("api", [KEY])
    bench.restart()
    assert jobs_of(bench, bench.clock).next_training(last + 60) == last + DAY
    assert jobs_of(bench, bench.clock).next_training(last + 2 * DAY) == last + 2 * DAY + INTERVAL


def test_without_a_full_run_the_oldest_model_counts(bench: Bench) -> None:
    bench.learn(KEY, GONE)
    manifest = bench.directory / "models" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"full_run_at"', '"unknown"'))
    bench.restart()
    oldest = bench.registry.current.models[KEY].trained_at
    assert jobs_of(bench, bench.clock).next_training(oldest + 60) == oldest + DAY


def test_a_training_that_meets_another_one_is_tried_again_soon(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.learn(KEY)
    monkeypatch.setattr(scheduler, "_TRY_AGAIN", 0.05)
    go_on = threading.Event()
    load = bench.history.columns

    def slow(key: SeriesKey, start: float, end: float) -> object:
        go_on.wait(30)
        return load(key, start, end)

    jobs = jobs_of(bench, SystemClock())
    jobs.start()
    try:
        monkeypatch.setattr(bench.history, "columns", slow)
        by_hand = bench.retrainer.start("api", [KEY])
        jobs._retrain()
        go_on.set()
        wait_until(lambda: _newest(bench) not in (by_hand.id, None), "the scheduled training")
    finally:
        jobs.stop(10.0)
    ended = bench.settle()
    assert ended is not None
    assert ended.trigger == "schedule"


def test_a_stop_waits_once_for_everything_that_hangs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training and a poll that hang: together they get the time, not each."""
    bench.learn(KEY)
    go_on, hanging = threading.Event(), threading.Semaphore(0)

    def hang(*_: object) -> object:
        hanging.release()
        go_on.wait()
        raise HistoryError("at last")

    monkeypatch.setattr(bench.history, "columns", hang)
    monkeypatch.setattr(bench.cycle, "run_once", hang)
    jobs = jobs_of(bench, SystemClock())
    jobs.start()
    assert hanging.acquire(timeout=30)
    bench.retrainer.start("api", [KEY])
    assert hanging.acquire(timeout=30)
    waited: list[float] = []
    monkeypatch.setattr(bench.retrainer, "stop", waited.append)
    # Waiting for the training takes all the time there is: nothing is left for the poll.
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: 600.0 * len(waited)))
    jobs.stop(600.0)
    assert waited == [600.0]
    go_on.set()


def test_a_poll_that_breaks_off_is_told_until_one_succeeds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(now: float) -> None:
        raise ValueError("nobody thought of this")

    jobs = jobs_of(bench, bench.clock)
    with monkeypatch.context() as patched:
        patched.setattr(bench.cycle, "run_once", break_off)
        jobs._poll_once()
    assert bench.health("poll").state == "down"
    assert "nobody thought of this" in bench.health("poll").detail
    jobs._poll_once()
    assert bench.health("poll").state == "ok"


def _newest(bench: Bench) -> str | None:
    job = bench.retrainer.latest()
    return None if job is None else job.id
