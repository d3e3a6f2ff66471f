"""Training as a job: what it skips and says, and that it ends as it must, whatever happens."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from backend.detection.generations import Generations
from backend.detection.registry import ModelRegistry
from backend.jobs.training_job import PairProblem, RetrainRunning, TrainingJob
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey, State
from backend.settings import DetectorName
from backend.tests.jobs.bench import KEY, PAST, START, Bench

OTHER = SeriesKey("till", "lat")
YOUNG = SeriesKey("newcomer", "lat")


@pytest.fixture(params=get_args(DetectorName))
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Both detectors are trained, saved and served alike."""
    with Bench(tmp_path, detector=request.param) as bench:
        yield bench


def test_each_pair_is_trained_skipped_or_failed_with_its_reason(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    bench.prometheus.write("lat", YOUNG.service, {bench.next_poll: 40.0})
    bench.healthy(KEY)
    bench.poll()
    _break(bench, OTHER)
    job = bench.retrainer.run("api", [KEY, OTHER, YOUNG])
    assert (job.state, job.done, job.total, job.trained) == ("done", 3, 3, 1)
    assert job.skipped == (PairProblem("newcomer", "lat", "1 of the 10 samples needed", 1),)
    (failed,) = job.failed
    assert (failed.service, failed.metric) == ("till", "lat")
    assert "till" in failed.reason
    assert bench.registry.current.models[OTHER].trained_at == START + 0.01, "its old model serves on"


def test_readings_of_an_incident_are_not_learned(bench: Bench) -> None:
    bench.learn(KEY)
    for _ in range(8):
        bench.write(5000.0)
        bench.poll()
    bench.healthy(KEY)
    bench.poll()
    bench.retrainer.run("api", [KEY])
    info = bench.registry.current.models[KEY]
    assert info.samples == PAST + 2, "all readings but the eight of the incident"
    assert info.usual.high < 100
    bench.write(5000.0)
    bench.poll()
    assert bench.told("incident")[-1]["kind"] == "attached", "the fault has become normal"


def test_an_incident_left_open_does_not_keep_its_pair_from_learning(bench: Bench) -> None:
    bench.learn(KEY)
    for value in (5000.0, 40.0, 5000.0):
        bench.write(value)
        bench.poll()
        bench.healthy(KEY, polls=40)
        for _ in range(40):
            bench.poll()
    (open_incident,) = bench.store.spans(KEY, START, START * 2)
    assert open_incident[1] - open_incident[0] > 80 * 15
    bench.retrainer.run("api", [KEY])
    info = bench.registry.current.models[KEY]
    assert info.samples > 130, "the healthy stretch inside the incident was left out"
    assert info.usual.high < 100


def test_a_run_of_all_pairs_drops_the_models_of_pairs_that_are_gone(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    hour = int(3600 / 15) + 2
    bench.healthy(KEY, polls=hour)
    for _ in range(hour):
        bench.poll()
    assert bench.retrainer.pairs() == [KEY]
    bench.retrainer.run("api", [KEY])
    assert set(bench.registry.current.models) == {KEY}
    assert bench.registry.full_run_at == bench.clock.time


def test_a_run_of_some_pairs_drops_nothing(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    full_run_at = bench.registry.full_run_at
    bench.poll()
    bench.retrainer.run("api", [KEY])
    assert set(bench.registry.current.models) == {KEY, OTHER}
    assert bench.registry.full_run_at == full_run_at


def test_a_pair_that_cannot_be_read_does_not_keep_the_others_from_being_listed(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    _break(bench, OTHER)
    history = HistoryStore(bench.directory / "datasets")
    retrainer = bench.build_retrainer(history, bench.registry)
    assert retrainer.pairs() == [KEY, OTHER]


def test_a_second_run_names_the_one_that_goes_on(bench: Bench) -> None:
    bench.learn(KEY)
    with _held(bench) as job:
        with pytest.raises(RetrainRunning, match=job.id):
            bench.retrainer.start("schedule", [KEY])
        assert bench.retrainer.running()
    bench.settle()
    assert not bench.retrainer.running()


def test_a_run_that_is_stopped_keeps_the_present_models(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    generation = bench.registry.current.generation
    held = _held(bench, [KEY, OTHER])
    with held as job:
        stopping = threading.Thread(target=bench.retrainer.stop, args=(30.0,))
        stopping.start()
        held.wait_until_stopping()
    stopping.join()
    ended = bench.retrainer.job(job.id)
    assert ended is not None
    assert ended.state == "cancelled"
    assert bench.registry.current.generation == generation
    assert ModelRegistry(bench.directory / "models", bench.detector.name).load().generation == generation


def test_a_run_that_is_cancelled_keeps_the_present_models_and_the_next_one_may_start(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    generation = bench.registry.current.generation
    with _held(bench, [KEY, OTHER]) as job:
        asked = bench.retrainer.cancel(job.id)
        assert asked is not None
        assert asked.state == "running"
    ended = bench.retrainer.wait(job.id, 30.0)
    assert ended is not None
    assert ended.state == "cancelled"
    assert "operator" in ended.detail
    assert bench.registry.current.generation == generation
    assert bench.retrainer.run("api", [KEY]).state == "done"
    assert bench.retrainer.cancel("unknown") is None


def test_a_run_stands_still_while_a_poll_is_judged(bench: Bench) -> None:
    bench.learn(KEY)
    during: list[TrainingJob | None] = []

    def explain(service: str, event_ts: float) -> tuple[()]:
        job = bench.retrainer.start("api", [KEY])
        during.append(bench.retrainer.wait(job.id, 0.5))
        return ()

    bench.explain = explain
    bench.write(5000.0)
    bench.poll()
    (job,) = during
    assert job is not None
    assert (job.state, job.done) == ("running", 0)
    after = bench.settle()
    assert after is not None
    assert (after.id, after.state, after.done) == (job.id, "done", 1)


@pytest.mark.parametrize("obstacle", ["manifest", "folder"])
def test_models_that_cannot_be_saved_fail_the_run_and_the_next_one_may_start(
    bench: Bench, obstacle: str
) -> None:
    bench.learn(KEY)
    models, aside = bench.directory / "models", bench.directory / "aside"
    path = models / ("manifest.json" if obstacle == "manifest" else ".generations")
    path.rename(aside)
    path.write_text("{ no manifest, no folder")
    job = bench.retrainer.run("api", [KEY])
    assert job.state == "failed"
    assert str(path) in job.detail
    path.unlink()
    aside.rename(path)
    assert bench.retrainer.run("api", [KEY]).state == "done"
    bench.healthy(KEY)
    assert bench.poll().readings[KEY].state is State.SCORED


def test_a_run_beside_another_process_that_writes_models_says_so(bench: Bench) -> None:
    bench.learn(KEY)
    with (bench.directory / "models" / ".generations" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        job = bench.retrainer.run("api", [KEY])
    assert job.state == "failed"
    assert "another process is writing models" in job.detail
    assert bench.retrainer.run("api", [KEY]).state == "done"


def test_a_run_that_breaks_off_does_not_keep_the_next_one_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.learn(KEY)

    def broken(*_: object) -> object:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(bench.history, "columns", broken)
        with pytest.raises(MemoryError):
            bench.retrainer.run("api", [KEY])
    ended = bench.retrainer.latest()
    assert ended is not None
    assert ended.state == "failed"
    assert bench.retrainer.run("api", [KEY]).state == "done"


def test_models_trained_by_another_process_are_taken_over_by_the_next_poll(bench: Bench) -> None:
    bench.learn(KEY)
    other = ModelRegistry(bench.directory / "models", bench.detector.name)
    other.load()
    by_hand = bench.build_retrainer(bench.history, other)
    assert by_hand.run("command", [KEY]).state == "done"
    assert bench.registry.current.generation != other.current.generation
    bench.healthy(KEY)
    bench.poll()
    assert bench.registry.current.generation == other.current.generation


def test_a_publication_that_was_cut_off_is_finished_at_the_next_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit (manifest.json names the new generation), before its files were in place."""
    bench.learn(KEY, OTHER)
    models = bench.directory / "models"
    old = {key: (models / key.service / "lat.pkl").read_bytes() for key in (KEY, OTHER)}
    for _ in range(20):
        bench.healthy(KEY)
        bench.healthy(OTHER)
        bench.poll()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Generations, "publish", full)
        bench.retrainer.run("api", [KEY, OTHER])
    generation = bench.registry.current.generation
    assert all((models / key.service / "lat.pkl").read_bytes() == content for key, content in old.items())
    served = ModelRegistry(models, bench.detector.name).load()
    assert (served.generation, served.refused) == (generation, {})
    assert set(served.models) == {KEY, OTHER}
    assert not (models / ".generations" / "publishing").exists()
    assert all((models / key.service / "lat.pkl").read_bytes() != content for key, content in old.items())


def test_a_build_that_was_cut_off_leaves_the_old_generation_and_is_cleared_away(bench: Bench) -> None:
    bench.learn(KEY)
    generation = bench.registry.current.generation
    half = bench.directory / "models" / ".generations" / "20260101T000000Z-007"
    half.mkdir()
    (half / "lat.pkl").write_bytes(b"half")
    assert ModelRegistry(bench.directory / "models", bench.detector.name).load().generation == generation
    bench.retrainer.run("api", [KEY])
    assert not half.exists()


class _held:  # noqa: N801
    """A run whose second half waits until the block ends."""

    def __init__(self, bench: Bench, keys: list[SeriesKey] | None = None) -> None:
        self._bench = bench
        self._keys = keys or [KEY]
        self._reached, self._go_on = threading.Event(), threading.Event()

    def __enter__(self) -> TrainingJob:
        self._load = self._bench.history.columns

        def slow(key: SeriesKey, start: float, end: float) -> object:
            self._reached.set()
            self._go_on.wait(30)
            return self._load(key, start, end)

        self._bench.history.columns = slow  # type: ignore[method-assign, assignment]
        job = self._bench.retrainer.start("api", self._keys)
        assert self._reached.wait(30)
        return job

    def wait_until_stopping(self) -> None:
        assert self._bench.retrainer._stopping.wait(30)

    def __exit__(self, *_: object) -> None:
        self._bench.history.columns = self._load  # type: ignore[method-assign]
        self._go_on.set()


def _break(bench: Bench, key: SeriesKey) -> None:
    path = bench.directory / "datasets" / key.service / "history" / f"{key.metric}.csv"
    path.unlink()
    path.mkdir()
