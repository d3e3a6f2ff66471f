"""The folder of ``canopy backtest --out``: what stands in it, and which folders it takes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from backend.evaluation.series import read_series
from backend.jobs.backtest_files import COLUMNS, check_folder, write_files
from backend.jobs.backtest_request import BacktestRefused, BacktestRequest, Judging
from backend.jobs.backtest_result import Backtest, Chart, PairResult, outcome
from backend.metrics.readings import SeriesKey

JUDGING = Judging("view_forest", "model", {"lat": "medium"}, 900.0)
TIMES = np.array([1_767_225_600.0, 1_767_225_660.0, 1_767_225_720.0, 1_767_225_780.0])
ALERTS = np.array([False, True, False, False])


def backtest(*services: str, asked: bool = False, another: bool = False) -> Backtest:
    """One that is done, with four readings of each service; the second is an alert."""
    chart = Chart(
        timestamps=TIMES,
        values=np.array([1.0, 9.0, 1.0, 1.0]),
        scores=np.array([np.nan, 0.6249996, 0.4, 0.4]),
        alerts=ALERTS,
        gaps=(),
        asked_scores=np.array([np.nan, 0.3, 0.9, 0.3]) if another else None,
        asked_alerts=np.roll(ALERTS, 1) if asked else None,
    )
    results = tuple(
        PairResult(
            key=SeriesKey(service, "lat"),
            note="",
            first=TIMES[0],
            last=TIMES[-1],
            readings=4,
            judged=3,
            gaps=0,
            missing=0,
            doubted=False,
            threshold=0.62,
            asked_threshold=None,
            present=outcome(1, 1, 180),
            asked=None,
            incidents=(),
            real=(),
            chart=chart,
        )
        for service in services
    )
    request = BacktestRequest(TIMES[0], TIMES[-1])
    return Backtest("b1", request, JUDGING, None, TIMES[-1], state="done", results=results)


def chart_of(folder: Path, service: str = "shop") -> list[dict[str, str]]:
    with (folder / "series" / service / "lat.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_chart_is_what_canopy_plot_draws_as_found(tmp_path: Path) -> None:
    write_files(backtest("shop"), "{}", tmp_path)
    assert list(chart_of(tmp_path)[0]) == ["timestamp", "value", "anomaly_score", "alert"]
    series = read_series(tmp_path / "series" / "shop" / "lat.csv")
    assert series.timestamps.tolist() == TIMES.tolist()
    assert series.alerts is not None
    assert series.alerts.tolist() == ALERTS.tolist()
    assert series.scores is not None
    assert np.isnan(series.scores[0])
    assert series.scores[1] < 0.625, "rounding lifts no score over its threshold"


def test_what_was_asked_about_stands_beside_it(tmp_path: Path) -> None:
    write_files(backtest("shop", asked=True), "{}", tmp_path)
    assert [row["asked_alert"] for row in chart_of(tmp_path)] == ["0", "0", "1", "0"]
    assert "asked_score" not in chart_of(tmp_path)[0]
    write_files(backtest("shop", asked=True, another=True), "{}", tmp_path)
    assert [row["asked_score"] for row in chart_of(tmp_path)] == ["", "0.3", "0.9", "0.3"]


def test_nothing_of_an_earlier_backtest_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "found"
    check_folder(folder)
    write_files(backtest("shop", "bank"), '{"id": 1}', folder)
    check_folder(folder)
    assert chart_of(folder, "bank"), "looking at it changes nothing"
    write_files(backtest("shop"), '{"id": 2}', folder)
    assert [path.name for path in (folder / "series").iterdir()] == ["shop"]
    assert (folder / "backtest.json").read_text() == '{"id": 2}\n'


@pytest.mark.parametrize(("made", "named"), [("series/mine.csv", "series"), ("notes.txt", "notes.txt")])
def test_a_folder_with_anything_else_is_refused(tmp_path: Path, made: str, named: str) -> None:
    path = tmp_path / made
    path.parent.mkdir(exist_ok=True)
    path.write_text("kept")
    with pytest.raises(BacktestRefused, match=rf"holds other files \({named}\): give another folder"):
        check_folder(tmp_path)
    assert path.read_text() == "kept"


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("series/payments/lat.png", "series/payments/lat.png"),
        ("backtest.json/", "backtest.json"),
        ("series", "series"),
        ("incidents.csv", "incidents.csv"),
    ],
)
def test_what_another_has_put_into_an_earlier_folder_is_not_lost(
    tmp_path: Path, made: str, named: str
) -> None:
    if made != "incidents.csv":
        (tmp_path / "incidents.csv").write_text(",".join(COLUMNS) + "\n")
    path = tmp_path / made
    if made.endswith("/"):
        path.mkdir()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id,title\n")
    with pytest.raises(BacktestRefused, match=rf"holds other files \({named}\)"):
        check_folder(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(BacktestRefused, match="file is a file: a folder is needed for the results"):
        check_folder(file)
    with pytest.raises(BacktestRefused, match=r"cannot write .*/file/in: Not a directory"):
        check_folder(file / "in")
