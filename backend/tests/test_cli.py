"""The command line as a process: what it says and how it ends."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from backend.clock import SystemClock
from backend.metrics.files import held
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from backend.tests.real import free_port

ROOT = Path(__file__).resolve().parents[2]
CONFIG = {
    "prometheus": {"url": "http://127.0.0.1:9"},
    "training": {"min_samples": 10, "window": "10m"},
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working directory with a configuration and the readings of two pairs of one service."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"server": {"port": free_port()}}))
    history = HistoryStore(tmp_path / "datasets")
    times = SystemClock().now() - 15.0 * np.arange(30, dtype=np.float64)[::-1]
    for metric in ("cpu", "lat"):
        history.backfill(SeriesKey("orders", metric), times, 40 + np.sin(times))
    return tmp_path


def canopy(home: Path, *arguments: str, program: tuple[str, ...] = ("-m", "backend")) -> tuple[int, str]:
    """Exit status and all that was printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CANOPY_")}
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=home,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def refused(home: Path, *arguments: str) -> str:
    """The one line of a command that cannot be run."""
    status, said = canopy(home, *arguments)
    assert status == 2, said
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if line.startswith("canopy: ")]
    return line


def test_training_by_hand_writes_models_and_says_how_many(home: Path) -> None:
    status, said = canopy(home, program=(str(ROOT / "train_v2.py"),))
    assert status == 0, said
    assert "2 of 2 models trained" in said
    assert (home / "models" / "orders" / "lat.pkl").exists()
    status, said = canopy(home, "train", "--metric", "lat", "--force")
    assert status == 0, said
    assert "1 of 1 models trained" in said


def test_training_names_what_there_is_where_it_is_asked_for_something_else(home: Path) -> None:
    line = refused(home, "train", "--service", "nope")
    assert "--service: found 'nope'" in line
    assert line.endswith("there are: orders")
    assert refused(home, "train", "--metric", "nope").endswith("there are: cpu, lat")
    assert not (home / "models").exists()


def test_training_without_any_reading_says_so(home: Path) -> None:
    (home / "datasets").rename(home / "elsewhere")
    assert "no reading inside the training window" in refused(home, "train")


def test_training_over_files_that_cannot_be_used_names_them(home: Path) -> None:
    (home / "canopy.db").write_bytes(b"a shopping list" * 100)
    assert "canopy.db" in refused(home, "train")
    (home / "canopy.db").unlink()
    (home / "models").mkdir()
    (home / "models" / "manifest.json").write_text("{")
    assert "manifest.json" in refused(home, "train")


@pytest.mark.parametrize("command", ["train", "serve"])
def test_models_that_another_process_is_writing_are_said_so(home: Path, command: str) -> None:
    generations = home / "models" / ".generations"
    generations.mkdir(parents=True)
    (generations / "publishing").write_text("20260101T000000Z-000")
    with (generations / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, said = canopy(home, command)
    assert status == 2, said
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if "another process is writing models" in line]
    assert line.startswith("canopy: ") or "Canopy cannot start: " in line


def test_a_start_that_fails_for_an_unknown_reason_shows_it_once(home: Path) -> None:
    broken = (
        "from backend.jobs.scheduler import Jobs\n"
        "def start(self): raise ZeroDivisionError('nobody thought of this')\n"
        "Jobs.start = start\n"
        "from backend.cli import main; main()"
    )
    status, said = canopy(home, "serve", program=("-c", broken))
    assert status == 2, said
    assert said.count("Traceback") == 1, said
    assert said.count("ZeroDivisionError: nobody thought of this") == 1, said


def test_a_wrong_configuration_is_refused_before_anything_is_touched(home: Path) -> None:
    (home / "config.yaml").write_text("poll: {interval: soon}")
    assert refused(home, "serve").startswith("canopy: poll.interval: found 'soon'")
    assert sorted(path.name for path in home.iterdir()) == ["config.yaml", "datasets"]


def test_datasets_are_put_in_order_unless_a_canopy_runs_on_them(home: Path) -> None:
    path = home / "datasets" / "orders" / "history" / "cpu.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with held(home / "datasets"):
        assert "is in use by another Canopy" in refused(home, "datasets", "compact")
        status, said = canopy(home, "datasets", "compact", "--dry-run")
        assert (status, "dry run" in said) == (0, True), said
    assert path.read_bytes() == whole[:-4]
    status, said = canopy(home, "datasets", "compact")
    assert status == 0, said
    assert "1 files with torn or damaged lines mended" in said
    assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:-1])
    (home / "config.yaml").write_text("storage: {datasets: elsewhere}")
    assert "elsewhere: no such folder" in refused(home, "datasets", "compact")
