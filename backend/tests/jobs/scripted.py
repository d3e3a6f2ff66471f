"""A Prometheus for tests of the jobs: answers what a test wrote down for each grid time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from backend.metrics.prometheus import InstantAnswer, PrometheusError, SeriesArrays


class ScriptedPrometheus:
    """The methods of PrometheusClient over ``series``: (query, service) -> {time: value}.

    A time that is not written down has no sample, a NaN is rejected as the client rejects it. Set
    ``failing`` (query -> error, "" for every call) and ``warnings`` at any time. ``asked`` counts the calls.
    """

    def __init__(self) -> None:
        self.series: dict[tuple[str, str], dict[float, float]] = {}
        self.failing: dict[str, PrometheusError] = {}
        self.warnings: tuple[str, ...] = ()
        self.versions: dict[str, dict[str, set[str]]] = {}
        self.asked: list[str] = []

    def write(self, query: str, service: str, samples: Mapping[float, float]) -> None:
        """Add samples; a time that is known already gets the new value."""
        self.series.setdefault((query, service), {}).update(samples)

    def services(self, start: float, end: float) -> list[str]:
        """As the real one: what its newest block has ever seen, whatever ``start`` says."""
        self._call("services")
        return sorted({s for (_, s), samples in self.series.items() if any(t <= end for t in samples)})

    def label_names(self) -> list[str]:
        self._call("label_names")
        return ["job", "instance"]

    def instant(self, query: str, at: float) -> InstantAnswer:
        self._call(query)
        found, rejected = {}, {}
        for (known, service), values in self.series.items():
            value = values.get(at)
            if known != query or value is None:
                continue
            if math.isfinite(value):
                found[service] = value
            else:
                rejected[service] = f"no value: {value}"
        column = np.array(list(found.values()), dtype=np.float64)
        return InstantAnswer(list(found), np.full(len(found), at), column, rejected, self.warnings)

    def instant_parts(self, queries: Sequence[str], at: float) -> InstantAnswer:
        """One part: nothing that is written down is too much for one query."""
        (query,) = queries
        return self.instant(query, at)

    def labels(self, query: str, at: float) -> dict[str, frozenset[str]]:
        """The versions that ``versions`` (query -> service -> words) holds, whatever the time."""
        self._call(query)
        return {service: frozenset(words) for service, words in self.versions.get(query, {}).items()}

    def range(self, query: str, start: float, end: float, step: float) -> dict[str, SeriesArrays]:
        self._call(f"range {query}")
        found = {}
        grid = [start + i * step for i in range(round((end - start) / step) + 1)]
        for (known, service), values in self.series.items():
            points = [(t, values[t]) for t in grid if t in values and math.isfinite(values[t])]
            if known == query and points:
                times, numbers = zip(*points, strict=True)
                found[service] = (np.array(times, dtype=np.float64), np.array(numbers, dtype=np.float64))
        return found

    def range_pieces(
        self, query: str, start: float, end: float, step: float
    ) -> Iterator[dict[str, SeriesArrays]]:
        """The same in two pieces, the second asked for on its own."""
        half = start + (end - start) // (2 * step) * step
        yield self.range(query, start, half, step)
        if half < end:
            yield self.range(query, half + step, end, step)

    def close(self) -> None:
        """Nothing to let go."""

    def _call(self, what: str) -> None:
        self.asked.append(what)
        error = self.failing.get(what) or self.failing.get("")
        if error is not None:
            raise error
