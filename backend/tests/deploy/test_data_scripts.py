"""The scripts that remove data: only what they say, and never under a Canopy that they would confuse."""

from __future__ import annotations

import subprocess
from pathlib import Path

from backend.metrics.files import held
from deploy.demo.stack import ROOT

CLEAN = ROOT / "deploy/setup/clean-data.sh"


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
