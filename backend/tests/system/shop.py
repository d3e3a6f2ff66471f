"""A real Prometheus over services whose values a test sets, each with a healthy past to learn from.

with Shop(tmp_path, ["payments", "orders"]) as shop:
    shop.set("payments", 5000)      # from the next scrape on
    shop.set("payments", None)      # the series is gone
    shop.heal("payments")
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backend.tests.exposition import FakeExposition
from backend.tests.real import RealPrometheus

PAST = 120
"""Seconds of healthy past, one sample a second."""
HIGH, CRITICAL = 1000, 3000
"""The thresholds of ``lat``, in milliseconds; healthy is 30 to 50."""


class Shop:
    """``latency_ms{service=...}`` of every service, scraped each second."""

    def __init__(self, directory: Path, services: Iterable[str], young: Iterable[str] = ()) -> None:
        """``young`` services have no past: their first sample is the first scrape."""
        self._values: dict[str, list[float] | None] = {}
        self._started: dict[str, float] = {}
        self._healthy = list(services)
        self._untaken = list(reversed(self._healthy))
        self._exposition = _Exposition(self)
        self.prometheus = RealPrometheus(directory)
        self.prometheus.add_target("shop", self._exposition.address)
        self.prometheus.add_history(self._past(int(time.time())))
        self._healthy += young

    @property
    def url(self) -> str:
        return self.prometheus.url

    @property
    def address(self) -> str:
        """host:port of the target, for another Prometheus."""
        return self._exposition.address

    def take(self) -> str:
        """A service that no other test has: healthy since the start."""
        return self._untaken.pop()

    def set(self, service: str, *values: float | None) -> None:
        """What the next scrapes see: one value, several series (a duplicate), or None for no series."""
        self._values[service] = None if None in values else [v for v in values if v is not None]

    def heal(self, service: str) -> None:
        self._values.pop(service, None)

    def start(self, service: str, at: float) -> None:
        """From the next scrape on its process says that it started then (seconds since the epoch)."""
        self._started[service] = at

    def text(self) -> str:
        """The exposition at this moment."""
        normal = _normal(time.time())
        lines = ["# TYPE latency_ms gauge"]
        for service in self._healthy:
            for pod, value in enumerate(self._values.get(service, [normal]) or []):
                lines.append(f'latency_ms{{service="{escaped(service)}",pod="{pod}"}} {value}')
        lines.append("# TYPE process_start_time_seconds gauge")
        for service, at in self._started.items():
            lines.append(f'process_start_time_seconds{{service="{escaped(service)}"}} {at}')
        return "\n".join(lines)

    def __enter__(self) -> Self:
        self._exposition.start()
        self.prometheus.start()
        self.prometheus.wait_for("latency_ms", len(self._healthy))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.prometheus.stop()
        self._exposition.stop()

    def _past(self, now: int) -> str:
        """As OpenMetrics wants it: the samples of one series together, with the labels of a scrape."""
        scraped = f'instance="{self._exposition.address}",job="shop"'
        lines = [
            f'latency_ms{{service="{escaped(service)}",pod="0",{scraped}}} {_normal(second)} {second}'
            for service in self._healthy
            for second in range(now - PAST, now)
        ]
        return "\n".join(["# TYPE latency_ms gauge", *lines])


def _normal(second: float) -> float:
    return round(40 + 10 * math.sin(second), 3)


class _Exposition(FakeExposition):
    """Answers what the shop says at the moment of the scrape."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        super().__init__()

    @property
    def text(self) -> str:
        return self._shop.text()

    @text.setter
    def text(self, text: str) -> None:
        """Only the shop decides."""


def escaped(label: str) -> str:
    """A label's value as it stands between quotes, in the exposition and in PromQL."""
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def watching(*services: str, **more: Any) -> dict[str, Any]:
    """Settings for a Canopy whose only metric, ``lat``, is asked for these services alone."""
    matcher = "|".join(_quoted(service) for service in services)
    query = f'latency_ms{{service=~"{escaped(matcher)}"}}'
    lat = {"title": "p99 latency", "unit": "milliseconds", "query": query, "high": HIGH, "critical": CRITICAL}
    return {"preset": "none", "metrics": {"lat": lat}} | more


def _quoted(service: str) -> str:
    """A regular expression that fits this name only (RE2, as Prometheus has it)."""
    return "".join(f"\\x{{{ord(c):x}}}" if not c.isalnum() or ord(c) > 127 else c for c in service)
