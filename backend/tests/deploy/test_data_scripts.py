"""The scripts that remove data: only what they say, and never under a Canopy that they would confuse."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from backend.metrics.files import held
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from deploy.demo.stack import ROOT

CLEAN = ROOT / "deploy/setup/clean-data.sh"
TRIM = ROOT / "deploy/trim-datasets.sh"
DAY = 86_400.0
KEY = SeriesKey("a/b", "lat")


def run(*argv: object, cwd: Path = ROOT) -> tuple[int, str]:
    """(exit code, everything it wrote)."""
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def lay_out_data(folder: Path) -> None:
    for name in ("datasets", "models", "logs", ".demo"):
        (folder / name).mkdir()
    for name in ("canopy.db", "canopy.db-wal", "canopy.db.v1.bak", "canopy-logs.db"):
        (folder / name).touch()
    for name in ("config.yaml", "canopy-backup.db"):
        (folder / name).touch()


def test_clean_data_lists_and_removes_what_canopy_and_the_demo_stored(tmp_path: Path) -> None:
    lay_out_data(tmp_path)
    code, said = run(CLEAN, cwd=tmp_path)
    assert code == 0, said
    for name in ("datasets", "models", "logs", ".demo", "canopy.db", "canopy.db.v1.bak", "canopy-logs.db"):
        assert f"\t{name}\n" in said
    assert names(tmp_path) == {"config.yaml", "canopy-backup.db"}
    assert run(CLEAN, cwd=tmp_path) == (0, "make clean-data: there is no data here\n")


def test_clean_data_leaves_a_running_canopy_alone(tmp_path: Path) -> None:
    lay_out_data(tmp_path)
    with held(tmp_path / "datasets"):
        code, said = run(CLEAN, cwd=tmp_path)
    assert code == 1
    assert "Canopy runs here (process " in said
    assert "canopy.db" in names(tmp_path)


def test_trimming_keeps_the_newest_days_and_a_running_canopy_goes_on(tmp_path: Path) -> None:
    now = float(round(time.time()))
    store = HistoryStore(tmp_path)
    days = np.array([now - 9 * DAY, now - 4 * DAY, now - 2 * DAY, now - DAY])
    store.backfill(KEY, days, np.array([9.0, 4.0, 2.0, 1.0]))
    code, said = run(TRIM, tmp_path, 3)
    assert code == 0, said
    store.backfill(KEY, np.array([now - DAY, now]), np.array([1.0, 0.0]))
    assert store.load(KEY, 0, now).values.tolist() == [2.0, 1.0, 0.0]
    assert not list(tmp_path.rglob("*.trimmed"))


def test_trimming_changes_nothing_where_nothing_is_old(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    store.backfill(KEY, np.array([time.time()]), np.array([1.0]))
    (path,) = tmp_path.rglob("lat.csv")
    before = path.stat()
    assert run(TRIM, tmp_path, 30)[0] == 0
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5"])
def test_trimming_refuses_what_is_no_number_of_days(tmp_path: Path, days: str) -> None:
    assert run(TRIM, tmp_path, days)[0] == 2


def test_trimming_refuses_a_folder_that_is_not_canopys(tmp_path: Path) -> None:
    code, said = run(TRIM, tmp_path, 3)
    assert code == 2
    assert "is no datasets folder of Canopy" in said
