"""canopy backtest over a real Prometheus whose past promtool has made."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.clock import from_rfc3339, to_rfc3339
from backend.evaluation.series import read_series
from backend.metrics.folders import folder_name
from backend.tests.real import RealPrometheus, free_port

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[3]
START, STEP, DAY = 1_767_225_600, 60, 86400
DAYS = 9
"""So that a range at this step needs more than one request: 12,960 points."""
FAULT, FAULT_LASTS = START + 6 * DAY, 1800
ODD = 'a/b\\c"d{e}\nzürich 店'
SERVICES = ("orders", ODD)


def _past() -> str:
    lines = ["# TYPE latency_ms gauge"]
    for number, service in enumerate(SERVICES):
        name = service.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for i in range(DAYS * DAY // STEP):
            at = START + i * STEP
            value = 200 + 60 * math.sin(at / DAY * 2 * math.pi) + 7 * math.sin(i * 1.7 + number)
            bad = number == 0 and FAULT <= at < FAULT + FAULT_LASTS
            lines.append(f'latency_ms{{service="{name}"}} {4000 if bad else value:.4f} {at}')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    server = RealPrometheus(tmp_path_factory.mktemp("prometheus"))
    server.add_history(_past())
    with server:
        yield server


@pytest.fixture
def home(tmp_path: Path, prometheus: RealPrometheus) -> Path:
    metric = {"title": "p99 latency", "unit": "milliseconds", "query": "max by (service) (latency_ms)"}
    settings = {
        "prometheus": {"url": prometheus.url},
        "poll": {"interval": f"{STEP}s"},
        "preset": "none",
        "metrics": {"lat": metric | {"high": 1000, "critical": 3000}},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def backtest(home: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CANOPY_")}
    done = subprocess.run(
        [sys.executable, "-m", "backend", "backtest", *arguments],
        cwd=home,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


RANGE = ("--from", to_rfc3339(START), "--to", to_rfc3339(START + DAYS * DAY - STEP))


def test_the_fault_fires_once_and_the_rest_is_quiet(home: Path) -> None:
    status, output, said = backtest(home, *RANGE, "--sensitivity", "0.99", "--json", "--out", "found")
    assert status == 0, said
    found: dict[str, Any] = json.loads(output)
    assert (found["state"], found["total"]) == ("done", 2)
    pairs = {pair["service"]: pair for pair in found["pairs"]}
    assert set(pairs) == set(SERVICES)
    assert all(pair["readings"] == DAYS * DAY // STEP for pair in pairs.values())
    assert all(pair["gaps"] == 0 for pair in pairs.values())
    (incident,) = pairs["orders"]["incidents"]
    assert from_rfc3339(incident["start"]) == FAULT
    assert from_rfc3339(incident["end"]) == FAULT + FAULT_LASTS - STEP
    assert (incident["severity"], incident["value"], incident["change"]) == ("Critical", 4000, "vanishes")
    assert pairs[ODD]["incidents"] == []
    assert found["totals"]["asked"]["incidents"] == 0
    assert json.loads((home / "found" / "backtest.json").read_text()) == found
    with (home / "found" / "incidents.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["service"], from_rfc3339(row["start"])) == ("orders", FAULT)
    assert not (home / "canopy.db").exists()
    for service, alerts in zip(SERVICES, ([FAULT], []), strict=True):
        chart = home / "found" / "series" / folder_name(service) / "lat.csv"
        with chart.open() as file:
            points = list(csv.DictReader(file))
        assert list(points[0]) == ["timestamp", "value", "anomaly_score", "alert", "asked_alert"]
        assert [from_rfc3339(row["timestamp"]) for row in points if row["alert"] == "1"] == alerts
        assert not any(row["asked_alert"] == "1" for row in points)
        series = read_series(chart)
        assert series.alerts is not None
        assert series.alerts.sum() == len(alerts)
        assert series.scores is not None
        assert (series.scores[series.alerts] > 0.625).all()
    assert backtest(home, *RANGE, "--service", "orders", "--out", "found")[0] == 0
    (left,) = (home / "found" / "series").rglob("*.csv")
    assert left.parent.name == folder_name("orders"), "what an earlier backtest left is gone"


def test_the_table_tells_it_in_words(home: Path) -> None:
    status, output, said = backtest(home, *RANGE, "--service", "orders")
    assert status == 0, said
    assert "1 pair, 12,960 readings, 0 gaps" in output
    assert "present settings: 1 incident, 0.8 a week" in output
    assert f"{to_rfc3339(FAULT)}        29 min  Critical  p99 latency on orders is 4,000 ms" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "1d"), "Prometheus has no reading of any metric for any service between"),
        ((*RANGE, "--service", "nobody"), "services of that time: "),
        ((*RANGE, "--metric", "speed"), "metric: found 'speed'; there are: lat"),
        (("--from", "1d", "--to", "2d"), "which lies after the end, "),
        (("--from", "now"), "--from: the range is shorter than one poll"),
        (("--from", "yesterday"), "--from: found 'yesterday'; allowed: a time from 1970 on"),
        (("--from", "1d", "--to", "tomorrow"), "--to: found 'tomorrow'; allowed: a time from 1970 on"),
        (("--from", "1d", "--out", "config.yaml"), "config.yaml is a file: a folder is needed"),
        (("--from", "1d", "--out", "config.yaml/x"), "cannot write config.yaml/x: Not a directory"),
        (("--from", "1d", "--out", "."), ". holds other files (config.yaml): give another folder as --out"),
    ],
)
def test_what_cannot_be_ends_with_one_line(home: Path, arguments: tuple[str, ...], said: str) -> None:
    status, output, error = backtest(home, *arguments)
    assert (status, output) == (2, "")
    (line,) = error.splitlines()
    assert line.startswith("canopy: ")
    assert said in line
    assert [path.name for path in home.iterdir()] == ["config.yaml"], "nothing is left behind"


def test_prometheus_that_cannot_be_reached_is_said_once(home: Path) -> None:
    settings = yaml.safe_load((home / "config.yaml").read_text())
    settings["prometheus"]["url"] = f"http://127.0.0.1:{free_port()}"
    (home / "config.yaml").write_text(yaml.safe_dump(settings))
    status, _, error = backtest(home, "--from", "1d", "--to", "now")
    assert (status, error.count("cannot be reached"), error.count("canopy: ")) == (2, 1, 1)
