"""``canopy eval nab | events``: figures of labelled folders, or one clear line why there are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend.cli import main

START = np.datetime64("2024-01-01")


def write_series(path: Path, label: bool) -> tuple[str, str]:
    """Ten days with a fault on the eighth; the fault's bounds."""
    count = 2880
    values = 50 + np.random.default_rng(1).normal(0, 2, count)
    values[2300:2340] += 40
    stamps = START + np.arange(count) * np.timedelta64(5, "m")
    marked = (np.arange(count) >= 2300) & (np.arange(count) < 2340)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        f"{stamp},{value}" + (f",{int(mark)}" if label else "")
        for stamp, value, mark in zip(stamps, values, marked, strict=True)
    ]
    path.write_text("\n".join(["timestamp,value" + (",label" if label else ""), *rows]) + "\n")
    return str(stamps[2290]), str(stamps[2350])


@pytest.mark.parametrize("checkout", [False, True])
def test_a_fault_that_everyone_sees_scores_high(
    tmp_path: Path, checkout: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = tmp_path / ("labels/combined_windows.json" if checkout else "windows.json")
    window = write_series(tmp_path / ("data" if checkout else "") / "real" / "a.csv", label=False)
    listing.parent.mkdir(exist_ok=True)
    listing.write_text(json.dumps({"real/a.csv": [window]}))
    main(["eval", "nab", "--data", str(tmp_path), "--seeds", "2", "--json", str(tmp_path / "nab.json")])
    figures = json.loads((tmp_path / "nab.json").read_text())
    assert figures[0]["detector"] == "view forest"
    assert figures[0]["scores"]["standard"] > 85
    assert all(row["best_scores"]["standard"] >= row["scores"]["standard"] - 1 for row in figures)
    assert "view forest | 0.6" in capsys.readouterr().out


def test_labelled_files_give_event_figures(tmp_path: Path) -> None:
    write_series(tmp_path / "a.csv", label=True)
    write_series(tmp_path / "no-labels.csv", label=False)
    main(["eval", "events", "--data", str(tmp_path), "--json", str(tmp_path / "events.json")])
    figures = json.loads((tmp_path / "events.json").read_text())
    best = figures[0]
    assert (best["found"], best["missed"]) == (1, 0)
    assert best["auc_pr"] > 0.9
    assert {row["detector"] for row in figures} == {
        "view forest", "classic forest + incident rule", "classic forest", "z-score",
    }  # fmt: skip


@pytest.mark.parametrize("what", ["series", "nab", "events"])
def test_a_folder_with_nothing_to_measure_is_one_clear_line(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["eval", what, "--data", str(tmp_path)]
    with pytest.raises(SystemExit) as stopped:
        main(arguments + (["--out", str(tmp_path / "out")] if what == "series" else []))
    assert stopped.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert str(tmp_path) in error[0]


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eval", "nab", "--data", str(tmp_path), "--zone", "Mars/Olympus"])
    assert "no such time zone: Mars/Olympus" in capsys.readouterr().err
