"""A backtest of many pairs, from the first request to the last incident, the fetch included."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from backend.clock import SystemClock
from backend.detection.sensitivity import Thresholds
from backend.incidents.store import IncidentStore
from backend.jobs.backtest import Backtester
from backend.jobs.backtest_request import BacktestRequest
from backend.jobs.backtest_result import Backtest
from backend.metrics.catalogue import build_catalogue
from backend.metrics.prometheus import PrometheusClient
from backend.settings import Settings, sqlite_path
from benchmarks.synthetic_prometheus import synthetic_prometheus

STEP = 15
END = 1_767_225_600
METRICS = ("lat", "wait")


def measure(pairs: int, days: float) -> dict[str, Any]:
    """Wall and CPU seconds of one backtest over ``pairs`` pairs of two metrics; progress to stderr.

    A small one runs first: the loops are compiled once a machine, not once a backtest.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        warm_up = settings.training.window
        count = round((days * 86400 + warm_up) / STEP) + 1
        first = END - (count - 1) * STEP
        with synthetic_prometheus(max(1, pairs // len(METRICS)), first, STEP, count) as url:
            _run(settings, url, BacktestRequest(END - 3600.0, float(END), service="service-0"))
            wall, cpu = time.perf_counter(), time.process_time()
            fetched = [0.0]
            found = _run(settings, url, BacktestRequest(END - days * 86400, float(END)), fetched)
            ended, cpu = time.perf_counter(), time.process_time() - cpu
    assert found.totals is not None, found.detail
    return {
        "pairs": found.totals.pairs,
        "days": days,
        "step_seconds": STEP,
        "readings": found.totals.readings,
        "readings_with_warm_up": found.totals.pairs * count,
        "incidents": found.totals.present.incidents,
        "wall_seconds": round(ended - wall, 1),
        "fetch_seconds": round(fetched[0] - wall, 1),
        "cpu_seconds": round(cpu, 1),
        "cpu_microseconds_a_reading": round(1e6 * cpu / (found.totals.pairs * count), 2),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _settings(folder: Path) -> Settings:
    metric = {"title": "p99 latency", "unit": "milliseconds", "high": 1000.0, "critical": 3000.0}
    return Settings.model_validate(
        {
            "preset": "none",
            "metrics": {name: metric | {"query": name} for name in METRICS},
            "storage": {"database": f"sqlite:///{folder}/canopy.db"},
        }
    )


def _run(
    settings: Settings, url: str, request: BacktestRequest, fetched: list[float] | None = None
) -> Backtest:
    """Writes into ``fetched`` when all readings were there."""
    here = settings.model_copy(update={"prometheus": settings.prometheus.model_copy(update={"url": url})})
    database = sqlite_path(here.storage.database)
    with (
        closing(IncidentStore(database)) as incidents,
        closing(PrometheusClient(here.prometheus)) as prometheus,
    ):

        def tell(found: Backtest) -> None:
            if found.phase == "replaying" and fetched == [0.0]:
                fetched[0] = time.perf_counter()
            print(f"{found.phase}: {found.done} of {found.total} pairs {found.detail}", file=sys.stderr)

        backtester = Backtester(
            here, build_catalogue(here), Thresholds(here), prometheus, incidents, SystemClock(), tell
        )
        return backtester.run(request)
