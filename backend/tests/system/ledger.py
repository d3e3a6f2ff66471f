"""What a Canopy has on disk, read without its code, to be compared with what it showed."""

from __future__ import annotations

import csv
import itertools
from datetime import datetime
from pathlib import Path

from backend.metrics.folders import folder_name


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


def assert_complete(datasets: Path, service: str, since: float = 0.0, step: float = 1.0) -> None:
    """Every grid time from the first stored reading after ``since`` to the last one has a reading."""
    times = sorted(time for time in stored(datasets, service) if time >= since)
    assert times, f"nothing is stored of {service!r}"
    gaps = [(a, b) for a, b in itertools.pairwise(times) if b - a != step]
    assert not gaps, f"{service!r} has gaps: {gaps[:5]}"
