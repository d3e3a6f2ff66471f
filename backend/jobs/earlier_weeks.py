"""Asks Prometheus for the four weeks before some time, coarse: what many pairs know of days and weeks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]

_WEEKS = 4 * 7 * 86400.0
_STEP = 300.0


class EarlierWeeks(Mapping[SeriesKey, tuple[FloatArray, FloatArray]]):
    """Pair -> float64[n] seconds and values, for the pairs that have any; 65 kB a pair."""

    def __init__(self, times: FloatArray) -> None:
        """``times``: float64[n], the grid of all of them."""
        self._times = times
        self._values: dict[SeriesKey, FloatArray] = {}

    def __getitem__(self, key: SeriesKey) -> tuple[FloatArray, FloatArray]:
        values = self._values[key]
        known = ~np.isnan(values)
        return self._times[known], values[known]

    def __iter__(self) -> Iterator[SeriesKey]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, key: SeriesKey, times: FloatArray, values: FloatArray) -> None:
        """Some readings more of a pair, on the grid."""
        if len(times):
            row = self._values.setdefault(key, np.full(len(self._times), np.nan))
            row[np.searchsorted(self._times, times)] = values


def earlier_weeks(
    prometheus: PrometheusClient,
    catalogue: Mapping[str, MetricSpec],
    keys: Collection[SeriesKey],
    before: float,
    interval: float,
    between: Callable[[], None] = lambda: None,
) -> EarlierWeeks:
    """What Prometheus has of these pairs; each metric is asked for once, all services in a piece.

    ``before``: seconds since the epoch; ``interval`` between two polls, in seconds; ``between`` is called
    after each piece and may end it all by raising. Raises PrometheusError.
    """
    step = max(_STEP, interval)
    end = before // step * step
    times = np.arange(max(0.0, end - _WEEKS), end, step)
    found = EarlierWeeks(times)
    wanted = set(keys)
    for metric in sorted({key.metric for key in wanted} & catalogue.keys()) if len(times) else ():
        query = catalogue[metric].query
        for piece in prometheus.range_pieces(query, float(times[0]), float(times[-1]), step):
            for service, series in piece.items():
                key = SeriesKey(service, metric)
                if key in wanted:
                    found.add(key, *series)
            between()
    return found
