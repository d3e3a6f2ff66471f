"""Simulated series: the same for a seed, faults where their labels are, days and weeks as real ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from backend.cli import main
from backend.evaluation.simulation import KINDS, METRICS, START, Simulated, simulate

FIVE_MINUTES = 300.0


def made(number: int = 0, days: float = 28, interval: float = FIVE_MINUTES, **given: object) -> Simulated:
    arguments = {"seed": 7, "kinds": KINDS} | given
    return simulate(number, days=days, interval=interval, **arguments)  # type: ignore[arg-type]


def healthy(number: int) -> Simulated:
    return made(number, kinds=())


@pytest.mark.parametrize("number", range(len(METRICS)))
def test_values_are_ones_that_the_metric_can_have(number: int) -> None:
    series, metric = made(number), METRICS[number]
    assert np.isfinite(series.values).all()
    assert series.values.min() >= 0
    assert series.values.max() <= metric.most
    assert (np.diff(series.timestamps) == 300).all()
    if metric.noise == "counts":
        assert (series.values == np.round(series.values)).all()


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_nights_and_weekends_are_calmer(number: int) -> None:
    series = healthy(number)
    hours = series.timestamps % 86_400 / 3600
    weekend = (series.timestamps - START) // 86_400 % 7 >= 5
    noon = (hours > 12) & (hours < 16)
    night = (hours > 1) & (hours < 4)
    assert np.median(series.values[noon & ~weekend]) > 1.15 * np.median(series.values[night])
    assert np.median(series.values[noon & weekend]) < 0.95 * np.median(series.values[noon & ~weekend])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [0, 1])
def test_a_fault_changes_its_labelled_readings_and_no_others(number: int, kind: str) -> None:
    series, without = made(number, kinds=[kind]), healthy(number)
    assert {fault.kind for fault in series.faults} == {kind}
    assert not series.labels[: int(0.4 * len(series.values))].any(), "the first days teach what is usual"
    np.testing.assert_array_equal(series.values[~series.labels], without.values[~series.labels])
    for fault in series.faults:
        changed = slice(fault.first, fault.last + 1)
        inside, usual = series.values[changed], without.values[changed]
        if kind == "flat":
            assert np.ptp(inside) == 0 < np.ptp(usual)
        elif kind == "drop":
            assert (inside < 0.2 * usual).all()
        elif kind in ("spike", "shift"):
            assert (inside >= np.minimum(1.35 * usual, METRICS[number].most)).all()
        elif kind == "drift":
            assert inside[-1] > 1.5 * usual[-1]
            assert inside[0] == pytest.approx(usual[0])
        else:
            assert np.abs(inside / usual - 1).max() > 0.1


def test_a_series_does_not_depend_on_the_others_but_on_its_seed() -> None:
    assert (made(3, seed=1).values == made(3, seed=1).values).all()
    assert (made(3, seed=1).values != made(3, seed=2).values).any()


@pytest.mark.parametrize(("days", "interval"), [(1, 3600.0), (1, 1.0), (0.1, 3600.0), (400, 3600.0)])
def test_short_and_long_series_have_what_was_asked_for(days: float, interval: float) -> None:
    series = made(days=days, interval=interval)
    assert len(series.values) == max(1, round(days * 86_400 / interval))
    assert all(0 <= fault.first <= fault.last < len(series.values) for fault in series.faults)
    edges = [row for fault in series.faults for row in (fault.first, fault.last)]
    assert edges == sorted(edges)


def simulated(out: Path, *more: str) -> dict[str, bytes]:
    main(["simulate", "--out", str(out), "--series", "3", "--days", "7", "--interval", "10m", *more])
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_the_folder_holds_series_windows_and_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = simulated(tmp_path / "a")
    assert files == simulated(tmp_path / "a") == simulated(tmp_path / "b")
    assert files != simulated(tmp_path / "c", "--seed", "5")
    windows, faults = json.loads(files["windows.json"]), json.loads(files["faults.json"])
    assert sorted(windows) == [name for name in files if name.endswith(".csv")]
    for name, spans in windows.items():
        rows = list(csv.DictReader(files[name].decode().splitlines()))
        marked = [row["timestamp"] for row in rows if row["label"] == "1"]
        assert [fault["first"] for fault in faults if fault["series"] == name] == [span[0] for span in spans]
        assert (marked[0], marked[-1]) == (spans[0][0], spans[-1][1])
    assert "a: 3 series, 3024 readings, 3 faults" in capsys.readouterr().out


@pytest.mark.slow
def test_what_was_simulated_can_be_measured_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated(tmp_path, "--kinds", "shift", "drop")
    for what in ("nab", "events"):
        main(["eval", what, "--data", str(tmp_path)])
    assert capsys.readouterr().out.count("view forest | ") == 2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--interval", "2h"], "from 1s to 1h"),
        (["--interval", "soon"], "argument --interval"),
        (["--kinds", "flood"], "invalid choice: 'flood'"),
        (["--series", "0"], "at least 1"),
        (["--days", "4000"], "at most 3660"),
        (["--seed", "-1"], "from 0 to"),
    ],
)
def test_what_cannot_be_simulated_is_said(
    tmp_path: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", "--out", str(tmp_path), *more])
    assert message in capsys.readouterr().err


def test_other_series_are_not_mixed_with_new_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.csv").touch()
    with pytest.raises(SystemExit):
        simulated(tmp_path)
    assert "holds other series (mine.csv): give a new folder" in capsys.readouterr().err
