"""From the first sample to the first model: what is counted, promised and trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs.health import DependencyStatus
from backend.jobs.training_job import PairProblem, TrainingJob
from backend.jobs.warmup import RETRY_SECONDS
from backend.metrics.readings import SeriesKey, State
from backend.tests.jobs.bench import INTERVAL, KEY, START, Bench, normal

OTHER = SeriesKey("till", "lat")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


def test_a_new_pair_counts_up_to_its_model(bench: Bench) -> None:
    for have in range(1, 10):
        bench.healthy(KEY)
        report = bench.poll()
        assert report.readings[KEY].state is State.NO_MODEL
        progress = bench.warmup.progress(KEY, report)
        assert (progress.have, progress.need) == (have, 10)
        assert progress.eta == START + 9 * INTERVAL
    bench.healthy(KEY)
    bench.poll()
    job = bench.settle()
    assert job is not None
    assert (job.trigger, job.trained) == ("start", 1)
    bench.healthy(KEY)
    assert bench.poll().readings[KEY].state is State.SCORED


def test_missing_samples_do_not_count_and_have_no_eta(bench: Bench) -> None:
    bench.healthy(KEY)
    bench.healthy(OTHER)
    bench.poll()
    bench.healthy(OTHER)
    report = bench.poll()
    assert bench.warmup.progress(KEY, report).have == 1
    assert bench.warmup.progress(KEY, report).eta is None
    slowest = bench.warmup.slowest([KEY, OTHER], report)
    assert slowest is not None
    assert slowest.have == 2, "an ETA is only told of pairs whose samples come in"


def test_a_restart_reads_no_whole_window_of_a_pair_that_has_a_model(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.learn(KEY)
    bench.restart()
    counted = []
    count = bench.history.count

    def noted(key: SeriesKey, start: float) -> int:
        counted.append(key)
        return count(key, start)

    monkeypatch.setattr(bench.history, "count", noted)
    bench.healthy(KEY)
    bench.healthy(OTHER)
    bench.poll()
    assert counted == [OTHER]


def test_a_restart_counts_what_is_stored(bench: Bench) -> None:
    for _ in range(6):
        bench.healthy(KEY)
        bench.poll()
    bench.restart()
    bench.healthy(KEY)
    report = bench.poll()
    assert bench.warmup.progress(KEY, report).have == 7


def test_a_pair_that_was_skipped_waits_for_as_many_as_are_missing(tmp_path: Path) -> None:
    """Ten stored, six of them inside an incident: four are usable."""
    with Bench(tmp_path, incidents={"policy": "threshold"}) as bench:
        for value in [40.0] * 4 + [5000.0] * 6:
            bench.write(value)
            bench.poll()
            bench.settle()
        first = bench.retrainer.latest()
        assert first is not None
        assert first.skipped[0].reason == "4 of the 10 samples needed"
        report = bench.live.report
        assert bench.warmup.progress(KEY, report).have == 4
        for _ in range(5):
            bench.healthy(KEY)
            bench.poll()
            bench.settle()
        latest = bench.retrainer.latest()
        assert latest is not None
        assert latest.id == first.id, "it was trained again and again for nothing"
        bench.healthy(KEY)
        bench.poll()
        bench.settle()
        assert KEY in bench.registry.current.models


def test_a_pair_that_is_gone_is_not_remembered(bench: Bench) -> None:
    bench.healthy(KEY)
    bench.poll()
    while KEY in bench.poll().readings:
        bench.healthy(OTHER)
    assert bench.warmup.progress(KEY, bench.live.report).have == 0
    bench.healthy(KEY)
    assert bench.warmup.progress(KEY, bench.poll()).have == 1, "the first lies before the training window"


def test_a_training_that_fails_is_not_repeated_at_every_poll(bench: Bench) -> None:
    blocked = bench.directory / "models" / ".generations"
    blocked.parent.mkdir()
    blocked.write_text("no folder")
    runs = []
    for _ in range(30):
        bench.healthy(KEY)
        bench.poll()
        job = bench.settle()
        if job is not None and job not in runs:
            runs.append(job)
    assert len(runs) == 1
    assert runs[0].state == "failed"
    state, detail = bench.warmup.health()
    assert state is DependencyStatus.DEGRADED
    assert "shop" in detail
    assert str(blocked) in detail
    blocked.unlink()
    for _ in range(int(RETRY_SECONDS / INTERVAL)):
        bench.healthy(KEY)
        bench.poll()
        bench.settle()
    assert KEY in bench.registry.current.models, "it was never tried again"
    assert bench.warmup.health() == (DependencyStatus.OK, "")


def test_a_pair_that_gains_no_usable_sample_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """Nine usable samples and a fault that goes on: one more at each poll, and none of them usable."""
    with Bench(tmp_path, incidents={"policy": "threshold"}) as bench:
        runs = set()
        for value in [40.0] * 9 + [5000.0] * 20:
            bench.write(value)
            bench.poll()
            job = bench.settle()
            if job is not None:
                runs.add(job.id)
        assert len(runs) == 2


def test_a_later_run_of_other_pairs_does_not_forget_a_failure(bench: Bench) -> None:
    def job(*pairs: SeriesKey, failed: tuple[PairProblem, ...] = ()) -> TrainingJob:
        return TrainingJob("1", "api", START, pairs, state="done", finished_at=START, failed=failed)

    bench.warmup.trained(job(KEY, OTHER, failed=(PairProblem(*KEY, "torn"), PairProblem(*OTHER, "gone"))))
    bench.warmup.trained(job(OTHER))
    assert bench.warmup.failures() == {KEY: "torn"}
    bench.warmup.trained(job(KEY))
    assert bench.warmup.failures() == {}


def test_a_refused_model_waits_for_an_operator_and_an_outdated_one_does_not(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    models = bench.directory / "models"
    manifest = models / "manifest.json"
    path = models / OTHER.service / "lat.pkl"
    path.unlink()
    path.write_bytes(b"somebody else's")
    bench.restart()
    bench.healthy(KEY)
    bench.healthy(OTHER)
    report = bench.poll()
    assert report.readings[OTHER].state is State.FAILED
    assert bench.settle() is None, "an altered file is not replaced unseen"
    assert bench.health("models").state == "degraded"
    manifest.write_text(manifest.read_text().replace('"model format":"', '"model format":"0.'))
    bench.restart()
    bench.healthy(KEY)
    assert bench.poll().readings[KEY].state is State.FAILED
    job = bench.settle()
    assert job is not None
    assert job.trained == 1
    bench.healthy(KEY)
    assert bench.poll().readings[KEY].state is State.SCORED


def test_the_training_window_bounds_what_is_fetched(tmp_path: Path) -> None:
    with Bench(tmp_path, training={"window": "5m"}) as bench:
        past = {START - i * INTERVAL: normal(START - i * INTERVAL) for i in range(200)}
        bench.prometheus.write("lat", "shop", past)
        bench.poll()
        assert bench.stored_times()[0] == START - 300
