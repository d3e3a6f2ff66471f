"""benchmarks/: what is reported of the faults, and where it is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import append, backtest, faults, report, tables, tick
from benchmarks.__main__ import main


def of(*seconds: float | None) -> list[dict[str, Any]]:
    return [{"seconds": each} for each in seconds]


def test_a_fault_that_was_not_found_is_infinitely_late() -> None:
    found = faults.summary(of(*[3.0] * 9, None))
    assert found == {"found": 9, "faults": 10, "median_seconds": 3.0, "p95_seconds": None}
    json.dumps(found, allow_nan=False)


def test_the_p95_of_ten_is_the_slowest() -> None:
    assert faults.summary(of(*range(1, 11)))["p95_seconds"] == 10
    assert faults.summary(of(*range(1, 11)))["median_seconds"] == 5


def test_how_many_were_found_comes_first() -> None:
    assert list(faults.summary(of(1.0)))[:2] == ["found", "faults"]


@pytest.mark.parametrize(
    ("arguments", "minutes"), [(["faults"], 30.0), (["faults", "--minutes", "0.5"], 0.5)], ids=str
)
def test_minutes_without_a_fault(
    arguments: list[str], minutes: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def measure(calm_minutes: float) -> dict[str, Any]:
        asked.append(calm_minutes)
        return {}

    monkeypatch.setattr(faults, "measure", measure)
    main(arguments)
    assert asked == [minutes]


def test_json_is_all_there_is_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(pairs: int) -> dict[str, int]:
        faults._say("progress")
        return {"pairs": pairs}

    monkeypatch.setattr(tick, "measure", measure)
    main(["tick", "--pairs", "7", "--json"])
    out, err = capsys.readouterr()
    assert (out, err) == ('{"pairs": 7}\n', "progress\n")


def test_a_parts_table_takes_its_place_in_the_readme_and_nothing_else_changes(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(report.README.read_text(encoding="utf-8"), encoding="utf-8")
    for part in ("tick", *report.PARTS):
        before = readme.read_text(encoding="utf-8")
        report.write(part, f"| figures of {part} |", readme)
        begin, end = f"<!-- {part}: written by make bench -->", f"<!-- end of {part} -->"
        head, _, rest = readme.read_text(encoding="utf-8").partition(begin)
        inside, _, tail = rest.partition(end)
        assert f"| figures of {part} |" in inside
        assert (head, tail) == (before.partition(begin)[0], before.partition(end)[2])


def test_a_readme_without_the_marks_is_refused(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="written by make bench"):
        report.write("tick", "", readme)
    assert readme.read_text(encoding="utf-8") == "no marks"


def test_the_table_of_what_is_kept_says_its_sizes() -> None:
    shown = tables.append(append.measure(20))
    assert shown.startswith("| 20 readings a poll | CPU ms a poll |\n| --- | --- |\n")
    assert len(shown.splitlines()) == 6


def test_a_backtest_is_measured_from_the_fetch_to_the_incidents() -> None:
    found = backtest.measure(pairs=2, days=0.25)
    assert (found["pairs"], found["readings"]) == (2, 2 * (6 * 240 + 1))
    assert found["readings_with_warm_up"] == 2 * (54 * 240 + 1)
    assert found["wall_seconds"] >= found["fetch_seconds"] > 0


@pytest.mark.real
def test_what_polls_cost_a_real_prometheus_is_one_object_on_stdout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["prometheus", "--services", "20", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["services"], found["metrics"], found["services_asked_one_by_one"]) == (20, 3, 20)
    assert set(found["prometheus_cpu_seconds_by_metric"]) == {"cpu", "lat", "err"}
