"""A made-up shop for benchmarks: pairs with a daily wave and noise, and a Prometheus that answers them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import InstantAnswer
from backend.metrics.readings import SeriesKey
from backend.settings import ArtefactQuery

FloatArray = NDArray[np.float64]

STEP = 15.0
START = 1_767_225_600.0
"""2026-01-01T00:00:00Z: the first poll."""

CATALOGUE = {
    name: MetricSpec(name, title, "milliseconds", name, 1000.0, 3000.0, "above")
    for name, title in (
        ("lat", "p99 latency"),
        ("wait", "queue wait"),
        ("db", "query time"),
        ("gc", "pauses"),
    )
}

_DAY = 86400.0
_RESTARTS, _INSTANCES = "restarts", "instances"
ARTEFACTS: dict[ArtefactQuery, str] = {"restart": _RESTARTS, "new_instance": _INSTANCES}
"""Queries after restarts and new instances, as a preset asks them."""


def keys(pairs: int) -> list[SeriesKey]:
    """``pairs`` pairs: four metrics a service, metric after metric as a poll's answers come."""
    services = -(-pairs // len(CATALOGUE))
    every = [SeriesKey(f"service-{i}", metric) for metric in CATALOGUE for i in range(services)]
    return every[:pairs]


def values(times: FloatArray, seed: int) -> FloatArray:
    """A pair's readings at float64[n] seconds, far below the thresholds."""
    random = np.random.default_rng(seed)
    wave = 40.0 * np.sin(2.0 * np.pi * (times / _DAY + seed % 7 / 7.0))
    return 200.0 + 10.0 * (seed % 11) + wave + random.gamma(2.0, 5.0, len(times))


def poll_values(at: float, pairs: int, distinct: int) -> FloatArray:
    """All pairs' readings of one poll: pair i goes on like series ``i % distinct``, with noise of its own."""
    random = np.random.default_rng(int(at))
    like = np.arange(pairs) % distinct
    wave = 40.0 * np.sin(2.0 * np.pi * (at / _DAY + like % 7 / 7.0))
    found: FloatArray = 200.0 + 10.0 * (like % 11) + wave + random.gamma(2.0, 5.0, pairs)
    return found


class AnsweredPrometheus:
    """What the poll asks of a PrometheusClient, its answers decoded already: set ``column`` before a poll."""

    def __init__(self, pairs: Sequence[SeriesKey]) -> None:
        self.column = np.zeros(len(pairs))
        rows: dict[str, list[int]] = {metric: [] for metric in CATALOGUE}
        for row, key in enumerate(pairs):
            rows[key.metric].append(row)
        self._rows = {metric: np.array(some, dtype=np.intp) for metric, some in rows.items()}
        # Decoding makes the names anew at each poll: so does `instant`.
        self._names = {metric: [pairs[row].service.encode() for row in some] for metric, some in rows.items()}
        self._services = sorted({key.service for key in pairs})

    def instant(self, query: str, at: float) -> InstantAnswer:
        if query in self._rows:
            names = [name.decode() for name in self._names[query]]
            column = self.column[self._rows[query]]
        else:
            names = list(self._services)
            column = np.full(len(names), START - 1e6 if query == _RESTARTS else 1.0)
        return InstantAnswer(names, np.full(len(names), at), column, {}, ())

    def instant_parts(self, queries: Sequence[str], at: float) -> InstantAnswer:
        (query,) = queries
        return self.instant(query, at)

    def services(self, *_: float) -> list[str]:
        return list(self._services)

    def range(self, *_: object) -> dict[str, object]:
        """Nothing was missed."""
        return {}
