"""A restart, a kill and a lost snapshot give the scores of a run that was never interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from backend.detection.registry import ModelRegistry
from backend.metrics.readings import SeriesKey, State
from backend.settings import DetectorName
from backend.tests.jobs.bench import KEY, Bench

OTHER = SeriesKey("till", "lat")
BEFORE, AFTER = 40, 12


def snapshot(bench: Bench) -> Path:
    return bench.directory / "models" / ".state" / "segment-0000.npz"


def nothing(bench: Bench) -> None:
    """A kill before anything was saved."""


def save(bench: Bench) -> None:
    assert bench.snapshots is not None
    bench.snapshots.save_all(60)
    assert snapshot(bench).exists()


def tear(bench: Bench) -> None:
    save(bench)
    content = snapshot(bench).read_bytes()
    snapshot(bench).write_bytes(content[: len(content) // 2])


def alter(bench: Bench) -> None:
    save(bench)
    content = bytearray(snapshot(bench).read_bytes())
    content[len(content) // 2] ^= 1
    snapshot(bench).write_bytes(content)


def replace(bench: Bench) -> None:
    save(bench)
    snapshot(bench).write_bytes(b"somebody else's")


def scores(
    directory: Path,
    detector: DetectorName,
    midway: Callable[[Bench], None] = nothing,
    at_the_end: Callable[[Bench], None] = nothing,
    *,
    restarts: bool = True,
) -> list[float | None]:
    """Scores of the polls after the restart; ``midway`` happens some polls before it."""
    with Bench(directory, detector=detector) as bench:
        bench.learn(KEY, OTHER)
        for number in range(BEFORE):
            bench.healthy(OTHER)
            # An incident in between: what is not learned live is not learned when it is read in again.
            bench.write(5000.0 + number if 10 <= number < 14 else 40.0 + number % 7)
            bench.poll()
            if number == BEFORE - 9:
                midway(bench)
        if restarts:
            at_the_end(bench)
            bench.restart()
        found = []
        for number in range(AFTER):
            bench.healthy(OTHER)
            bench.write(40.0 + 3.0 * number)
            readings = bench.poll().readings
            assert {readings[KEY].state, readings[OTHER].state} == {State.SCORED}
            found += [readings[KEY].score, readings[OTHER].score]
        return found


@pytest.mark.parametrize("detector", get_args(DetectorName))
def test_a_kill_without_any_snapshot(tmp_path: Path, detector: DetectorName) -> None:
    uninterrupted = scores(tmp_path / "a", detector, restarts=False)
    assert len(set(uninterrupted)) > AFTER
    assert scores(tmp_path / "b", detector) == uninterrupted


@pytest.mark.parametrize(
    ("midway", "at_the_end"),
    [(nothing, save), (save, nothing), (nothing, tear), (nothing, alter), (save, replace)],
    ids=["a stop", "a kill", "a torn snapshot", "an altered snapshot", "a foreign snapshot"],
)
def test_with_snapshots(
    tmp_path: Path, midway: Callable[[Bench], None], at_the_end: Callable[[Bench], None]
) -> None:
    uninterrupted = scores(tmp_path / "a", "view_forest", restarts=False)
    assert scores(tmp_path / "b", "view_forest", midway, at_the_end) == uninterrupted


def test_a_downtime_is_read_in_as_if_it_had_been_polled(tmp_path: Path) -> None:
    found = {}
    for name, away in (("polled", False), ("away", True)):
        with Bench(tmp_path / name) as bench:
            bench.learn(KEY)
            bench.healthy(KEY, polls=30)
            for _ in range(10):
                bench.poll()
            if away:
                bench.next_poll += 15 * 15.0
                bench.restart()
            else:
                for _ in range(15):
                    bench.poll()
            found[name] = [bench.poll().readings[KEY].score for _ in range(5)]
    assert found["polled"] == found["away"]


def test_a_training_by_hand_before_the_restart_leaves_no_hole_in_what_the_views_remember(
    tmp_path: Path,
) -> None:
    """The snapshot is of the model before: the pair grows anew, its views go on from the snapshot."""
    found = {}
    for name, away in (("polled", False), ("away", True)):
        with Bench(tmp_path / name) as bench:
            bench.learn(KEY)
            bench.healthy(KEY, polls=30)
            for _ in range(10):
                bench.poll()
            save(bench)
            bench.history.flush()
            registry = ModelRegistry(bench.settings.storage.models, "view_forest")
            registry.load()
            bench.build_retrainer(bench.history, registry).run("command", [KEY], force=True)
            if away:
                bench.next_poll += 15 * 15.0
                bench.restart()
            else:
                for _ in range(15):
                    bench.poll()
            found[name] = [bench.poll().readings[KEY].score for _ in range(5)]
    assert found["polled"] == found["away"]


def test_a_pair_that_waits_its_turn_to_grow_is_judged_by_what_it_was_without_a_hole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for name, away in (("polled", False), ("away", True)):
        with Bench(tmp_path / name) as bench:
            bench.learn(KEY)
            bench.healthy(KEY, polls=30)
            for _ in range(10):
                bench.poll()
            if away:
                save(bench)
                bench.history.flush()
                registry = ModelRegistry(bench.settings.storage.models, "view_forest")
                registry.load()
                bench.build_retrainer(bench.history, registry).run("command", [KEY], force=True)
                bench.next_poll += 15 * 15.0
                monkeypatch.setattr("backend.jobs.recovery._LONGEST", 0.0)
                bench.restart()
            else:
                for _ in range(15):
                    bench.poll()
            found[name] = [bench.poll().readings[KEY].score for _ in range(5)]
    assert found["polled"] == found["away"]
