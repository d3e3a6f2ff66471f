"""Fetches the past from Prometheus: the training window at a first start, and what was missed while away."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from backend.clock import to_rfc3339
from backend.detection.features import ROLLING_WINDOW
from backend.detection.windows import RecentWindows
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.prometheus import PrometheusClient, PrometheusError
from backend.metrics.readings import SeriesKey

_LOADED_WINDOWS = 2
"""Times the recent window's length that is read from disk: some of its readings may be missing."""

log = logging.getLogger(__name__)


class Backfill:
    """Keeps the datasets without gaps and the recent windows loaded; used by the poll thread alone."""

    def __init__(
        self,
        *,
        interval: float,
        window: float,
        catalogue: Mapping[str, MetricSpec],
        prometheus: PrometheusClient,
        history: HistoryStore,
        windows: RecentWindows,
    ) -> None:
        self._interval = interval
        self._window = window
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._history = history
        self._windows = windows
        self._complete_to: dict[str, float] = {}

    def catch_up(self, keys: Collection[SeriesKey], at: float) -> dict[SeriesKey, int]:
        """Before the poll of ``at`` is judged: fill what lies between each metric's last poll and this one.

        ``keys`` are the pairs that have a value now. Returns how many readings of the training window are
        stored for each pair that was loaded anew.
        """
        changed: set[SeriesKey] = set()
        for metric in {key.metric for key in keys}:
            present = [key for key in keys if key.metric == metric]
            try:
                changed |= self._fill(metric, present, at)
            except PrometheusError as error:
                # Tried again at the next poll: the metric is complete to where it was.
                log.warning("the past of %s cannot be fetched: %s", metric, error)
            else:
                self._complete_to[metric] = at
        return {key: self._load(key, at) for key in keys if key in changed or key not in self._windows}

    def _fill(self, metric: str, present: Collection[SeriesKey], at: float) -> set[SeriesKey]:
        start = self._start(metric, present, at)
        end = at - self._interval
        if start > end:
            return set()
        log.info("fetching %s from %s to %s", metric, to_rfc3339(start), to_rfc3339(end))
        series = self._prometheus.range(self._catalogue[metric].query, start, end, self._interval)
        changed = set()
        for service, (timestamps, values) in series.items():
            key = SeriesKey(service, metric)
            try:
                if self._history.backfill(key, timestamps, values):
                    changed.add(key)
            except HistoryError as error:
                log.error("the past of %r, %s cannot be stored: %s", service, metric, error)
        return changed & set(present)

    def _start(self, metric: str, present: Collection[SeriesKey], at: float) -> float:
        """The first grid time that may be missing, never before the training window."""
        first = at - self._window // self._interval * self._interval
        if metric in self._complete_to:
            return max(first, self._complete_to[metric] + self._interval)
        newest = [self._history.last_timestamp(key) for key in present]
        stored = [timestamp for timestamp in newest if timestamp is not None]
        return first if len(stored) < len(newest) else max(first, min(stored) + self._interval)

    def _load(self, key: SeriesKey, at: float) -> int:
        """Fill the pair's recent window from its stored readings; how many the training window holds."""
        try:
            stored = self._history.recent(key, at - _LOADED_WINDOWS * ROLLING_WINDOW * self._interval)
            count = self._history.count(key, at - self._window)
        except HistoryError as error:
            log.error("the stored readings of %r, %s cannot be read: %s", key.service, key.metric, error)
            return 0
        self._windows.load(key, stored.timestamps, stored.values)
        return count
