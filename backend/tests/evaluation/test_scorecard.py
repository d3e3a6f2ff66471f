"""The scorecard: a section for each data set, every detector in each, and examples that no hand chose."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from backend.cli import main
from backend.evaluation.detectors import ZScoreScorer, detectors
from backend.evaluation.measuring import Runs
from backend.evaluation.pool import spread
from backend.evaluation.series import Series, read_series

NAMES = [detector.name for detector in detectors(seed=0)]
WEEK = 7 * 288


def write(path: Path, fault: float, label: bool, seed: int = 0) -> Path:
    """A week at five minutes with a jump of ``fault`` deviations on its sixth day."""
    values = 50 + np.random.default_rng(seed).normal(0, 2, WEEK)
    values[1600:1620] += 2 * fault
    stamps = np.datetime64("2024-01-01") + np.arange(WEEK) * np.timedelta64(5, "m")
    marked = (np.arange(WEEK) >= 1600) & (np.arange(WEEK) < 1620)
    rows = zip(stamps, values.tolist(), marked.tolist(), strict=True)
    lines = [f"{stamp},{value}" + (f",{int(mark)}" if label else "") for stamp, value, mark in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["timestamp,value" + (",label" if label else ""), *lines]) + "\n")
    return path


def section(page: str, name: str) -> str:
    return re.split(r"^## ", page.split(f"## {name}\n")[1], flags=re.MULTILINE)[0]


def cells(text: str, detector: str) -> list[str]:
    (row,) = [line for line in text.splitlines() if line.startswith(f"| {detector} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.slow
def test_every_data_set_has_its_table_and_its_examples(tmp_path: Path) -> None:
    made = ["--out", str(tmp_path / "data" / "made"), "--series", "2", "--days", "7", "--interval", "10m"]
    main(["simulate", *made])
    for name, fault in (("plain", 30.0), ("middling", 4.0), ("hidden", 0.0)):
        write(tmp_path / "data" / "labelled" / f"{name}.csv", fault, label=True, seed=int(fault))
    write(tmp_path / "data" / "own" / "deep" / "x.csv", 30.0, label=False)
    write(tmp_path / "data" / "logs" / "log.csv", 0, label=False).write_text("line,text\n1,a\n")
    out = tmp_path / "page" / "scorecard.md"
    main(["eval", "scorecard", "--data", str(tmp_path / "data"), "--out", str(out), "--seeds", "1"])
    page = out.read_text()
    assert re.findall(r"^## (.+)$", page, flags=re.MULTILINE)[:-1] == ["labelled", "made", "own"]
    for name in ("labelled", "made", "own"):
        assert [cells(section(page, name), detector)[0] for detector in NAMES] == NAMES
    assert "AUC-PR" in section(page, "labelled")
    assert "standard / low FP / low FN" in section(page, "made")
    pictures = re.findall(r"!\[(.+?)\]\((.+?)\)", page)
    examples = [text for text, _ in pictures[:3]]
    assert examples == ["best: plain.csv", "median: middling.csv", "worst: hidden.csv"]
    assert len(pictures) == 9
    for _, picture in pictures:
        assert 5_000 < (out.parent / picture).stat().st_size <= 60_000


def test_one_series_on_its_own_is_a_data_set(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "x.csv", 30.0, label=True)
    page = tmp_path / "s.md"
    main(["eval", "scorecard", "--data", str(tmp_path / "mine"), "--out", str(page), "--seeds", "2"])
    found = cells(section(page.read_text(), "mine"), "view forest")
    assert found[5] == "1, 0, 0"


def test_a_folder_without_series_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eval", "scorecard", "--data", str(tmp_path), "--out", str(tmp_path / "s.md")])
    assert capsys.readouterr().err == f"canopy: no folder with series in {tmp_path}\n"


def test_more_processes_change_nothing_but_the_time(tmp_path: Path) -> None:
    series = [read_series(write(tmp_path / f"{i}.csv", 5.0, label=True, seed=i)) for i in range(3)]
    alone = Runs(series).of(detectors(seed=0)[3])
    for run, scores in zip(alone, spread(_scored, series, 10**9), strict=True):
        np.testing.assert_array_equal(run.scores, scores)


def _scored(item: Series) -> np.ndarray:
    return ZScoreScorer().score(item.timestamps, item.values)
