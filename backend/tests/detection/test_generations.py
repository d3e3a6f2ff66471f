"""Generations on the disk: the old one or the new one, whole, wherever a writer is cut off; and no more than
changes is written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from backend.detection.generations import Generations
from backend.detection.registry import ModelRegistry
from backend.metrics.readings import SeriesKey
from backend.tests.detection.trained import CLASSIC, NOW, ODD, PAYMENT, model_file, trained

OTHER, GONE, NEW = SeriesKey("other", "lat"), SeriesKey("gone", "lat"), SeriesKey("new", "cpu")
ROW = np.random.default_rng(1).normal(10, 5, (1, 5))
STEPS = [
    (os, "link"),
    (os, "fsync"),
    (os, "fdatasync"),
    (shutil, "rmtree"),
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "write_bytes"),
]
"""What a writer does to the disk: between any two of these it may be killed."""


class Killed(BaseException):
    """Not an Exception: a killed process mends nothing."""


@contextmanager
def killed_at(step: int, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """From that step on this process does nothing more to the disk."""
    done, lock = 0, threading.Lock()

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal done
            with lock:
                done += 1
                if done > step:
                    raise Killed
            return function(*arguments, **options)

        return call

    with patch.context() as patched:
        for home, name in STEPS:
            patched.setattr(home, name, counted(getattr(home, name)))
        yield


def scores(registry: ModelRegistry, key: SeriesKey) -> list[float]:
    models = registry.current
    return list(models.batch.score(np.array([models.slots[key]]), ROW))


def stored(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each file of a model by its path: inode, time of change, content."""
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in root.glob("[!.]*/*")
    }


def test_training_one_pair_touches_no_file_of_another(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT), trained(ODD), trained(OTHER)], NOW)
    registry.save([trained(ODD, seed=1)], NOW + 60)
    before = stored(tmp_path)
    registry.save([trained(PAYMENT, seed=2)], NOW + 120)
    after = stored(tmp_path)
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {"payment-service/lat.pkl", "payment-service/lat.pkl.before"}
    assert after["payment-service/lat.pkl.before"] == before["payment-service/lat.pkl"]


def test_generations_have_new_names_even_if_the_clock_stands_still_or_goes_back(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    times = (NOW, NOW, NOW - 60, NOW, NOW - 60)
    names = [registry.save([trained(PAYMENT, seed=i)], now).generation for i, now in enumerate(times)]
    assert len(set(names)) == len(times)
    assert [p for p in (tmp_path / ".generations").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize("rolled_back", [False, True], ids=["training", "rollback"])
def test_a_writer_killed_between_any_two_steps_leaves_the_old_generation_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rolled_back: bool
) -> None:
    first = [trained(key) for key in (PAYMENT, ODD, OTHER, GONE)]
    second = [trained(key, seed=1) for key in (PAYMENT, ODD, NEW)]
    template = tmp_path / "template"
    present = ModelRegistry(template, CLASSIC)
    present.save(first, NOW)
    if rolled_back:
        present.save(second, NOW + 30)

    def write(registry: ModelRegistry) -> None:
        if rolled_back:
            registry.roll_back([PAYMENT, ODD], NOW + 60)
        else:
            registry.save(second, NOW + 60, keep={PAYMENT, ODD, OTHER, NEW})

    expected = shutil.copytree(template, tmp_path / "expected")
    wanted = ModelRegistry(expected, CLASSIC)
    write(wanted)
    outcomes = {present.current.generation: present, wanted.current.generation: wanted}
    seen = set()
    for step in range(10_000):
        root = shutil.copytree(template, tmp_path / str(step))
        writer = ModelRegistry(root, CLASSIC)
        writer.load()
        finished = True
        with killed_at(step, monkeypatch):
            try:
                write(writer)
            except Killed:
                finished = False
        again = ModelRegistry(root, CLASSIC)
        again.load()
        outcome = outcomes[again.current.generation]
        seen.add(again.current.generation)
        assert again.current.refused == {}, f"killed after step {step}"
        assert set(again.current.models) == set(outcome.current.models)
        assert all(scores(again, key) == scores(outcome, key) for key in again.current.models)
        # And it goes on from there: no remains are in the way.
        again.save([trained(PAYMENT, seed=7)], NOW + 120)
        assert ModelRegistry(root, CLASSIC).load().refused == {}
        assert [p for p in (root / ".generations").iterdir() if p.is_dir()] == []
        shutil.rmtree(root)
        if finished:
            break
    assert seen == set(outcomes)
    assert step > 20


def test_a_rollback_survives_a_restart_and_can_be_taken_back(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT), trained(OTHER)], NOW)
    old = scores(registry, PAYMENT)
    registry.save([trained(PAYMENT, seed=1)], NOW + 60)
    new = scores(registry, PAYMENT)
    for number, expected in enumerate((old, new, old)):
        registry.roll_back([PAYMENT], NOW + 120 + number)
        registry = ModelRegistry(tmp_path, CLASSIC)
        registry.load()
        assert scores(registry, PAYMENT) == expected
        assert set(registry.current.models) == {PAYMENT, OTHER}
    assert old != new


def test_the_generation_before_serves_again_when_its_manifest_is_put_back(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT), trained(ODD), trained(OTHER)], NOW)
    old = {key: scores(registry, key) for key in (PAYMENT, ODD, OTHER)}
    registry.save([trained(PAYMENT, seed=1), trained(ODD, seed=1)], NOW + 60)
    (tmp_path / "manifest.json").write_bytes(b"\0" * 100)
    (tmp_path / "manifest.before.json").replace(tmp_path / "manifest.json")
    again = ModelRegistry(tmp_path, CLASSIC)
    assert again.load().refused == {}
    assert {key: scores(again, key) for key in old} == old


def test_a_copy_made_while_a_training_ends_is_whole_if_the_manifest_was_copied_first(tmp_path: Path) -> None:
    root, copy = tmp_path / "models", tmp_path / "copy"
    registry = ModelRegistry(root, CLASSIC)
    registry.save([trained(PAYMENT), trained(OTHER)], NOW)
    old = scores(registry, PAYMENT)
    manifest = (root / "manifest.json").read_bytes()
    registry.save([trained(PAYMENT, seed=1)], NOW + 60)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".generations"))
    (copy / "manifest.json").write_bytes(manifest)
    again = ModelRegistry(copy, CLASSIC)
    assert again.load().refused == {}
    assert scores(again, PAYMENT) == old


def test_a_full_run_drops_the_files_of_what_it_does_not_keep_and_no_foreign_one(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    foreign = SeriesKey("foreign", "lat")
    for seed in (0, 1):
        registry.save([trained(key, seed=seed) for key in (PAYMENT, GONE, foreign)], NOW + seed)
    model_file(tmp_path, foreign).write_bytes(b"somebody's own")
    registry.save([trained(PAYMENT, seed=2)], NOW + 60, keep={PAYMENT})
    assert not model_file(tmp_path, GONE).parent.exists()
    assert model_file(tmp_path, foreign).read_bytes() == b"somebody's own"
    assert "Canopy did not write it" in ModelRegistry(tmp_path, CLASSIC).load().refused[foreign]


def test_files_that_cannot_be_put_in_place_after_the_commit_are_put_there_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT)], NOW)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Generations, "publish", full)
        saved = registry.save([trained(PAYMENT, seed=1)], NOW + 60)
    assert registry.current is saved
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert (again.generation, again.refused) == (saved.generation, {})


def test_a_save_finishes_what_another_process_was_cut_off_in_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, killed = ModelRegistry(tmp_path, CLASSIC), ModelRegistry(tmp_path, CLASSIC)
    running.save([trained(PAYMENT)], NOW)

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Generations, "publish", dies)
        with pytest.raises(Killed):
            killed.save([trained(ODD)], NOW + 60)
    assert not running.reload_if_changed()
    assert set(running.save([trained(PAYMENT, seed=1)], NOW + 120).models) == {PAYMENT, ODD}
    assert ModelRegistry(tmp_path, CLASSIC).load().refused == {}


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_a_generation_that_loads(tmp_path: Path) -> None:
    root = tmp_path / "models"
    ModelRegistry(root, CLASSIC).save([trained(PAYMENT), trained(ODD)], NOW)
    writer = (
        "import sys; from pathlib import Path\n"
        "from backend.detection.registry import ModelRegistry\n"
        "from backend.tests.detection.trained import *\n"
        "r = ModelRegistry(Path(sys.argv[1]), CLASSIC); r.load(); m = [trained(PAYMENT), trained(ODD)]\n"
        "print('go', flush=True)\n"
        "for i in range(10**6): r.save(m, NOW + i)\n"
    )
    for round_number in range(8):
        process = subprocess.Popen([sys.executable, "-c", writer, str(root)], stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline() == b"go\n"
        # Spread over the milliseconds that a save takes.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02 + 0.013 * round_number)
        process.kill()
        process.communicate()
        again = ModelRegistry(root, CLASSIC).load()
        assert set(again.models) == {PAYMENT, ODD}
        assert not again.refused
