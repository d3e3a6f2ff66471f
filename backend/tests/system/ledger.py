"""What a Canopy has on disk, read without its code, to be compared with what it showed."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import requests

from backend.metrics.folders import folder_name
from backend.tests.real import RealPrometheus
from backend.tests.system.shop import escaped


def stored(datasets: Path, service: str, metric: str = "lat") -> dict[float, float]:
    """Timestamp (seconds) -> value of both CSVs; AssertionError where a reading stands twice."""
    readings: dict[float, float] = {}
    for kind in ("history", "anomaly"):
        path = datasets / folder_name(service) / kind / f"{metric}.csv"
        if not path.exists():
            continue
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                time = datetime.fromisoformat(row["timestamp"]).timestamp()
                assert time not in readings, f"{path}: {row['timestamp']} is stored twice"
                readings[time] = float(row["value"])
    return readings


def assert_complete(datasets: Path, service: str, prometheus: RealPrometheus, since: float = 0.0) -> None:
    """Every second from the first reading after ``since`` to the last, for which Prometheus has a sample."""
    times = {time for time in stored(datasets, service) if time >= since}
    assert times, f"nothing is stored of {service!r}"
    known = _known(prometheus, service, min(times), max(times))
    # The first sample after a lost scrape may have come a moment after the poll that asked for it.
    lost = {time for time in known - times if time - 1.0 in known}
    assert not lost, f"of {service!r}: in Prometheus and not stored: {sorted(lost)[:5]}"


def _known(prometheus: RealPrometheus, service: str, start: float, end: float) -> set[float]:
    """The seconds at which Prometheus answers one series of the service."""
    query = f'count(latency_ms{{service="{escaped(service)}"}}) == 1'
    answer = requests.post(
        f"{prometheus.url}/api/v1/query_range",
        data={"query": query, "start": str(start), "end": str(end), "step": "1"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    series = answer.json()["data"]["result"]
    return {float(point[0]) for one in series for point in one["values"]}
