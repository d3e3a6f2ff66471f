"""New models: kept back when they judge too differently, gone back from, and trained after a resolve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from backend.detection.promotion import Comparison, recent, why_not
from backend.detection.registry import NothingBefore
from backend.detection.sensitivity import Thresholds
from backend.incidents.acts import resolve
from backend.incidents.incident import ResolveReason
from backend.jobs.detecting import build_detector
from backend.metrics.readings import SeriesKey, State, Verdict
from backend.settings import DetectorName
from backend.tests.jobs.bench import KEY, Bench

OTHER = SeriesKey("till", "lat")


@pytest.fixture(params=get_args(DetectorName))
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with Bench(tmp_path, detector=request.param) as bench:
        yield bench


def polls(bench: Bench, count: int, *keys: SeriesKey) -> None:
    for key in keys:
        bench.healthy(key, polls=count)
    for _ in range(count):
        bench.poll()


@pytest.mark.parametrize(
    ("live", "new", "kept_back"),
    [(0, 0, False), (0, 3, False), (1, 10, True), (30, 30, False), (30, 0, True)],
)
def test_a_model_that_judges_as_before_serves(live: int, new: int, kept_back: bool) -> None:
    def verdicts(count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.arange(200) < count

    reason = why_not(Comparison.of(verdicts(live), verdicts(new)))
    assert bool(reason) == kept_back
    assert not kept_back or f"{new / 200:.1%}" in reason


def test_too_few_readings_hold_nothing_back() -> None:
    assert why_not(Comparison.of(np.zeros(99, dtype=np.bool_), np.ones(99, dtype=np.bool_))) == ""


def test_a_model_that_differs_is_kept_back_with_its_reason_until_it_is_forced(bench: Bench) -> None:
    bench.learn(KEY)
    polls(bench, 110, KEY)
    before = bench.registry.current.models[KEY]
    # As if the last hours had been called anomalous live, without any incident.
    _call_anomalous(bench)
    job = bench.retrainer.run("api", [KEY])
    (held_back,) = job.held_back
    assert "anomalous" in held_back.reason
    served = bench.registry.current.models[KEY]
    assert (served.sha256, served.candidate) == (before.sha256, held_back.reason)
    assert bench.retrainer.run("api", [KEY], force=True).held_back == ()
    taken = bench.registry.current.models[KEY]
    assert taken.sha256 != before.sha256
    assert taken.candidate == ""
    assert "learned from" in taken.changed


@pytest.mark.parametrize("interval", [5.0, 300.0, 900.0, 3600.0])
def test_enough_is_compared_at_any_step(interval: float) -> None:
    live = np.zeros(int(recent(interval) / interval), dtype=np.bool_)
    new = np.arange(len(live)) % 2 == 0
    assert why_not(Comparison.of(live, new)) != ""


@pytest.mark.parametrize(
    "bench", ["view_forest"], indirect=True
)  # a classic model has a threshold of its own
def test_readings_are_held_against_the_sensitivity_of_today(bench: Bench) -> None:
    bench.learn(KEY)
    polls(bench, 110, KEY)
    _call_anomalous(bench)
    # A new model says that nothing was anomalous, and by a threshold above all scores nothing was.
    thresholds = Thresholds(bench.settings, {KEY.metric: 0.995})
    bench.retrainer = bench.build_retrainer(
        bench.history, bench.registry, build_detector(bench.settings, thresholds)
    )
    job = bench.retrainer.run("api", [KEY])
    assert (job.trained, job.held_back) == (1, ())


def test_what_another_detector_said_is_not_compared(bench: Bench) -> None:
    bench.learn(KEY)
    polls(bench, 110, KEY)
    _call_anomalous(bench)
    before = bench.registry.current.models[KEY]
    assert before.since is not None
    late = replace(before, since=bench.clock.now())
    bench.registry.current = replace(bench.registry.current, models={KEY: late})
    assert bench.retrainer.run("api", [KEY]).held_back == ()


def test_going_back_and_forth(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    with pytest.raises(NothingBefore):
        bench.retrainer.roll_back([KEY])
    first = bench.registry.current.models[KEY]
    polls(bench, 20, KEY, OTHER)
    bench.retrainer.run("api", [KEY])
    second = bench.registry.current.models[KEY]
    assert second.before is not None
    assert second.before.sha256 == first.sha256
    bench.retrainer.roll_back([KEY, OTHER])
    back = bench.registry.current.models
    assert (back[KEY].sha256, back[KEY].held) == (first.sha256, True)
    assert back[OTHER].held is False, "it has no model before the present one"
    polls(bench, 30, KEY, OTHER)
    assert bench.live.report is not None
    assert bench.live.report.readings[KEY].state is State.SCORED
    bench.restart()
    polls(bench, 1, KEY, OTHER)
    assert bench.live.report is not None
    assert bench.live.report.readings[KEY].state is State.SCORED
    assert bench.registry.current.models[KEY].held
    with pytest.raises(NothingBefore):
        bench.retrainer.roll_back([KEY, OTHER])  # not forth again, to what was bad
    assert bench.registry.current.models[KEY].sha256 == first.sha256
    bench.retrainer.roll_back([KEY])
    assert bench.registry.current.models[KEY].sha256 == second.sha256
    bench.retrainer.run("api", [KEY], force=True)
    assert bench.registry.current.models[KEY].held is False


@pytest.mark.parametrize("reason", [ResolveReason.EXPECTED, ResolveReason.REAL])
def test_what_was_normal_after_all_is_learned_at_once(bench: Bench, reason: ResolveReason) -> None:
    bench.learn(KEY)
    for number in range(12):
        bench.write(5000.0 + 10 * (number % 3))
        bench.poll()
    (incident,) = bench.told("incident")[:1]
    bench.store.change(incident["id"], lambda i: resolve(i, bench.clock.time, reason))
    polls(bench, 1, KEY)
    job = bench.settle()
    assert job is not None
    assert (job.trigger == "resolved") == (reason is ResolveReason.EXPECTED)
    if reason is ResolveReason.EXPECTED:
        bench.write(5010.0)
        assert bench.poll().readings[KEY].verdict is Verdict.NORMAL
        assert bench.registry.current.models[KEY].usual.high > 5000


def _call_anomalous(bench: Bench) -> None:
    """Move the last stored readings to the dataset of anomalous ones, as a live verdict would."""
    bench.history.flush()
    folder = bench.directory / "datasets" / KEY.service
    history, anomaly = folder / "history" / "lat.csv", folder / "anomaly" / "lat.csv"
    lines = history.read_bytes().splitlines(keepends=True)
    score = lines[0].rstrip().split(b",").index(b"score")
    header, kept, moved = lines[0], lines[1:-30], lines[-30:]
    anomaly.parent.mkdir(exist_ok=True)
    history.write_bytes(b"".join([header, *kept]))
    called = [line.replace(b",Normal,", b",Anomaly,", 1).split(b",") for line in moved]
    for fields in called:
        fields[score] = b"0.99"
    anomaly.write_bytes(b"".join([header, *(b",".join(fields) for fields in called)]))
