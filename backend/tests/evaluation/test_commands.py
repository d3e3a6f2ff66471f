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


def figures_of(what: str, folder: Path) -> list[dict[str, object]]:
    """The figures of a folder but for what they cost, in which the machine has a part."""
    main(["eval", what, "--data", str(folder), "--json", str(folder / "figures.json")])
    rows = json.loads((folder / "figures.json").read_text())
    return [{name: row[name] for name in row if name != "cost"} for row in rows]


def reordered(path: Path, more: tuple[str, ...] = ()) -> None:
    """Put a file's rows, and more of them, in another order."""
    header, *rows = path.read_text().splitlines()
    rows += more
    mixed = np.random.default_rng(4).permutation(len(rows))
    path.write_text("\n".join([header, *(rows[at] for at in mixed)]) + "\n")


def test_labelled_files_give_event_figures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_series(tmp_path / "a.csv", label=True)
    write_series(tmp_path / "no-labels.csv", label=False)
    figures = figures_of("events", tmp_path)
    assert f"left out: {tmp_path}/no-labels.csv has no column label" in caplog.messages
    best = figures[0]
    assert (best["found"], best["missed"]) == (1, 0)
    assert float(str(best["auc_pr"])) > 0.9
    assert {row["detector"] for row in figures} == {
        "view forest", "classic forest + incident rule", "classic forest", "z-score",
    }  # fmt: skip


def test_event_figures_are_those_of_the_readings_in_order_of_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the rows' order changes a figure, nor rows that no detector is shown, calm or labelled."""
    write_series(tmp_path / "a.csv", label=True)
    straight = figures_of("events", tmp_path)
    unreadable = tuple(f"{START + np.timedelta64(i, 'h')},,{i % 2}" for i in range(200))
    reordered(tmp_path / "a.csv", unreadable)
    assert figures_of("events", tmp_path) == straight
    assert f"{tmp_path}/a.csv: 200 unreadable rows not scored" in caplog.messages


def test_nab_figures_are_those_of_rows_and_windows_in_order_of_time(tmp_path: Path) -> None:
    window = write_series(tmp_path / "a.csv", label=False)
    early = [str(START + np.timedelta64(5 * row, "m")) for row in (1000, 1020)]
    (tmp_path / "windows.json").write_text(json.dumps({"a.csv": [early, window]}))
    straight = figures_of("nab", tmp_path)
    reordered(tmp_path / "a.csv")
    zoned = [f"{bound}Z" for bound in early]
    (tmp_path / "windows.json").write_text(json.dumps({"a.csv": [window, zoned]}))
    assert figures_of("nab", tmp_path) == straight


AT = "2024-01-05 00:00"
LATER = "2024-01-05T01:00:00+00:00"
NOWHERE = "2031-01-01"


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        ([1, 2], "names no file; allowed: {"),
        ({}, "names no file; allowed: {"),
        ({"a.csv": 5}, "'a.csv' has 5, which is no window; allowed: {"),
        ({"a.csv": [AT, LATER]}, f"'a.csv' has \"{AT}\", which is no window"),
        ({"a.csv": [["..."]]}, "'a.csv' has [\"...\"], which is no window"),
        ({"a.csv": [[1, 2]]}, "'a.csv' has [1, 2], which is no window"),
        ({"a.csv": [["foo", "bar"]]}, 'has a window ["foo", "bar"]: \'foo\' is no timestamp'),
        ({"a.csv": [[AT, LATER], [AT, "bar"]]}, f'has a window ["{AT}", "bar"]: \'bar\' is no timestamp'),
        ({"a.csv": [[LATER, AT]]}, f"'a.csv' has a window from {LATER} to {AT}: it ends before it starts"),
        ({"a.csv": [[AT, NOWHERE]]}, f"from {AT} to {NOWHERE}: no row has the time of its end"),
        ({"a.csv": [[AT, LATER], [AT, AT]]}, f"from {AT} to {AT}: it begins inside another one"),
        ({"b.csv": [[AT, LATER]]}, "b.csv: No such file"),
        ({"a.csv": [[AT, LATER]], "empty.csv": []}, "empty.csv has no row that can be read"),
    ],
)
def test_windows_of_another_form_are_one_line_with_file_and_entry(
    tmp_path: Path, windows: object, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_series(tmp_path / "a.csv", label=False)
    (tmp_path / "empty.csv").write_text("timestamp,value\n")
    (tmp_path / "windows.json").write_text(json.dumps(windows))
    with pytest.raises(SystemExit) as stopped:
        main(["eval", "nab", "--data", str(tmp_path)])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"canopy: {tmp_path}/")
    assert message in line


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
