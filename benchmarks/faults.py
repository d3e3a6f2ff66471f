"""From a fault in a real service to its incident: the whole demo, ten faults of all five kinds.

Starts the demo's processes on free ports in a folder of their own, lets the models learn, waits a healthy
while and counts what opens, then starts one fault after another. The clock runs from the first grid time at
which the metric's own query result, asked of the same Prometheus, passes the threshold, to the moment the API
shows the incident.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from backend.metrics.catalogue import build_catalogue
from backend.settings import load_settings
from deploy.demo.ports import Ports
from deploy.demo.stack import CONFIG, DemoStack

# A fault of payment or inventory slows or fails order-service too and opens an incident there: order's own
# come first, so that each fault here is the first of its pair.
FAULTS = (
    ("order-service", "errors", "err"),
    ("order-service", "heap", "mem"),
    ("order-service", "cpu", "cpu"),
    ("order-service", "dependency", "lat"),
    ("payment-service", "latency", "lat"),
    ("payment-service", "errors", "err"),
    ("payment-service", "heap", "mem"),
    ("payment-service", "cpu", "cpu"),
    ("inventory-service", "latency", "lat"),
    ("inventory-service", "errors", "err"),
)
READY_SECONDS = 420.0
FAULT_SECONDS = 90.0
CALM_SECONDS = 60.0
"""Between two faults: longer than any window of the demo's queries."""
CALM_MINUTES = 30.0
"""Without a fault, once the models are ready: what opens in it is a false alarm."""


@dataclass
class Watch:
    """The running demo, as an outsider sees it."""

    stack: DemoStack
    ports: Ports

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.stack.canopy_url}{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fault(self, service: str, name: str, method: str) -> None:
        port = getattr(self.ports, service.removesuffix("-service"))
        requests.request(method, f"http://127.0.0.1:{port}/faults/{name}", timeout=10).raise_for_status()

    def incidents(self) -> list[dict[str, Any]]:
        return list(self.get("/incidents?limit=500&sort=opened_at")["items"])

    def value(self, query: str, service: str, at: float) -> float:
        parameters: dict[str, str | float] = {"query": query, "time": at}
        answer = requests.get(f"{self.stack.prometheus_url}/api/v1/query", params=parameters, timeout=10)
        found = [s for s in answer.json()["data"]["result"] if s["metric"].get("service") == service]
        return float(found[0]["value"][1]) if found else float("nan")


def measure(calm_minutes: float = CALM_MINUTES) -> dict[str, Any]:
    """Seconds from the first value past a threshold to its incident; what opened without a fault.

    Progress goes to stderr.
    """
    settings = load_settings(CONFIG, {})
    catalogue = build_catalogue(settings)
    step = settings.poll.interval
    with tempfile.TemporaryDirectory() as folder:
        ports = Ports.free()
        with DemoStack(Path(folder), ports, say=_say) as stack:
            watch = Watch(stack, ports)
            ready_after = _until_ready(watch)
            _say(f"models ready after {ready_after:.0f} s; now {calm_minutes:g} minutes without a fault")
            time.sleep(calm_minutes * 60)
            false_incidents = len(watch.incidents())
            faults = []
            for service, fault, metric in FAULTS:
                spec = catalogue[metric]
                faults.append(_one(watch, service, fault, metric, spec.query, spec.high or 0.0, step))
                _say(str(faults[-1]))
            pairs = [(i["service"], i["metric"]) for i in watch.incidents()]
    return summary(faults) | {
        "limit_seconds": 2 * step + step,
        "models_ready_after_seconds": round(ready_after, 1),
        "healthy_minutes": calm_minutes,
        "incidents_without_a_fault": false_incidents,
        "second_incidents_for_a_pair": len(pairs) - len(set(pairs)),
        "each": faults,
    }


def summary(faults: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many were found, and how late. A fault that was not found took infinitely long.

    JSON has no infinity: a quantile that is infinite is None.
    """
    delays = sorted(math.inf if f["seconds"] is None else f["seconds"] for f in faults)
    return {
        "found": sum(delay < math.inf for delay in delays),
        "faults": len(delays),
        "median_seconds": _quantile(delays, 0.5),
        "p95_seconds": _quantile(delays, 0.95),
    }


def _quantile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest that at least ``share`` of all do not exceed."""
    found = ascending[math.ceil(share * len(ascending)) - 1]
    return found if math.isfinite(found) else None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _until_ready(watch: Watch) -> float:
    started = time.monotonic()
    while time.monotonic() - started < READY_SECONDS:
        items = watch.get("/models")["items"]
        if len(items) >= 12 and all(item["state"] == "ready" for item in items):
            return time.monotonic() - started
        time.sleep(1)
    raise RuntimeError(f"the models were not ready within {READY_SECONDS:g} s: {items}")


def _one(
    watch: Watch, service: str, fault: str, metric: str, query: str, high: float, step: float
) -> dict[str, Any]:
    """Start a fault, note when its value passes ``high`` and when its incident is there, and stop it."""
    before = {i["id"] for i in watch.incidents()}
    started = time.time()
    watch.fault(service, fault, "POST")
    seen_at = passed_at = None
    asked = started // step * step
    while time.time() - started < FAULT_SECONDS and (seen_at is None or passed_at is None):
        while passed_at is None and asked + step <= time.time():
            asked += step
            if watch.value(query, service, asked) >= high:
                passed_at = asked
        new = [i for i in watch.incidents() if i["id"] not in before]
        if seen_at is None and any((i["service"], i["metric"]) == (service, metric) for i in new):
            seen_at = time.time()
        time.sleep(0.2)
    watch.fault(service, fault, "DELETE")
    time.sleep(CALM_SECONDS)
    others = [f"{i['service']} {i['metric']}" for i in watch.incidents() if i["id"] not in before]
    return {
        "service": service,
        "fault": fault,
        "metric": metric,
        "to_threshold_seconds": None if passed_at is None else round(passed_at - started, 1),
        "seconds": None if seen_at is None or passed_at is None else round(seen_at - passed_at, 2),
        "incidents": sorted(others),
    }
