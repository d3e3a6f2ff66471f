"""Fetches the past from Prometheus: the training window at a first start, and what was missed while away."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from backend.clock import to_rfc3339
from backend.detection.features import ROLLING_WINDOW
from backend.detection.registry import ModelRegistry
from backend.detection.windows import RecentWindows
from backend.jobs.owed import Owed
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import CLOCK_ERROR, HistoryError, HistoryStore, Unkept
from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusError,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import SeriesKey

_LOADED_WINDOWS = 2
"""Times the recent window's length that is read from disk: some of its readings may be missing."""

log = logging.getLogger(__name__)


class Backfill:
    """Keeps the datasets without gaps and the recent windows loaded; used by the poll thread alone.

    What could not be fetched or stored is owed: it is tried again at each poll until it is there.
    """

    def __init__(
        self,
        *,
        interval: float,
        window: float,
        catalogue: Mapping[str, MetricSpec],
        prometheus: PrometheusClient,
        history: HistoryStore,
        windows: RecentWindows,
        registry: ModelRegistry,
    ) -> None:
        self.window = window
        self._interval = interval
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._history = history
        self._windows = windows
        self._registry = registry
        self._complete_to: dict[str, float] = {}
        self._owed = Owed(history.root, catalogue)
        self._unwritable: set[str] = set()

    @property
    def missing(self) -> Mapping[str, str]:
        """The metrics whose past is not complete, and why."""
        return self._owed.reasons

    def catch_up(self, keys: Collection[SeriesKey], at: float) -> dict[SeriesKey, int | None]:
        """Before the poll of ``at`` is judged: fill what lies between each metric's last poll and this one.

        ``keys`` are the pairs that have a value now. Returns, for each pair that was loaded anew, how many
        readings of the training window are stored; None where a model serves, for counting is reading all.
        """
        present: dict[str, list[SeriesKey]] = {}
        for key in keys:
            present.setdefault(key.metric, []).append(key)
        changed = self._fill_all(present, at)
        # Before the poll's own readings are stored: after a kill they would look like a complete past.
        self._owed.save()
        loaded = self._windows.unknown(keys) | (changed - self._windows.unknown(changed))
        return {key: self._load(key, at) for key in loaded}

    def kept(self, failed: Mapping[SeriesKey, Unkept]) -> None:
        """After a poll's readings were appended: ``failed`` says which pairs could not be kept, and why."""
        for key, unkept in failed.items():
            self._owed.owe(key.metric, unkept.since, unkept.reason)
        self._unwritable = {key.metric for key in failed}
        self._owed.save()

    def _fill_all(self, present: Mapping[str, Collection[SeriesKey]], at: float) -> set[SeriesKey]:
        """Fill each metric, those last that failed before; returns the pairs that got readings."""
        changed: set[SeriesKey] = set()
        silent = ""
        order = [metric for metric in present if metric not in self.missing]
        order += [metric for metric in self.missing if metric in present]
        for metric in order:
            start, end = self._start(metric, present[metric], at), at - self._interval
            self._complete_to[metric] = at
            if start > end:
                continue
            if silent or metric in self._unwritable:
                # Each further request would only wait for the same silence, and the present waits for it;
                # what the disk does not take need not be fetched.
                if metric not in self.missing:
                    self._owed.owe(metric, start, silent)
                continue
            try:
                self._fill(metric, start, end, changed)
            except (PrometheusError, HistoryError) as error:
                log.warning("the past of %s is missing: %s", metric, error)
                self._owed.owe(metric, start, error.detail)
                if isinstance(error, (PrometheusUnreachable, PrometheusTimeout)):
                    silent = error.detail
            else:
                self._owed.paid(metric)
        return changed

    def _fill(self, metric: str, start: float, end: float, changed: set[SeriesKey]) -> None:
        """Fetch and store one metric's past; adds the pairs that got readings to ``changed``.

        Raises PrometheusError, or the first HistoryError after all other pairs were stored.
        """
        log.info("fetching %s from %s to %s", metric, to_rfc3339(start), to_rfc3339(end))
        series = self._prometheus.range(self._catalogue[metric].query, start, end, self._interval)
        failure: HistoryError | None = None
        for service, (timestamps, values) in series.items():
            key = SeriesKey(service, metric)
            try:
                if self._history.backfill(key, timestamps, values):
                    changed.add(key)
            except HistoryError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _start(self, metric: str, present: Collection[SeriesKey], at: float) -> float:
        """The first grid time that may be missing, never before the training window."""
        first = at - self.window // self._interval * self._interval
        complete_to = self._complete_to.get(metric)
        if complete_to is None or complete_to > at + CLOCK_ERROR:
            newest = [self._last_stored(key, at) for key in present]
            stored = [timestamp for timestamp in newest if timestamp is not None]
            complete_to = min(stored) if len(stored) == len(newest) else first - self._interval
        owed = self._owed.start(metric)
        start = complete_to + self._interval
        return max(first, start if owed is None else min(start, owed))

    def _last_stored(self, key: SeriesKey, at: float) -> float | None:
        """When the pair's newest reading was; None where nothing tells."""
        try:
            newest = self._history.last_timestamp(key)
        except HistoryError:
            return None  # Storing its past will fail too, and say why.
        # A time far ahead was written under a wrong clock.
        return None if newest is None or newest > at + CLOCK_ERROR else newest

    def _load(self, key: SeriesKey, at: float) -> int | None:
        """Fill the pair's recent window from its stored readings; see `catch_up`."""
        has_model = key in self._registry.current.models
        try:
            stored = self._history.recent(key, at - _LOADED_WINDOWS * ROLLING_WINDOW * self._interval)
            count = None if has_model else self._history.count(key, at - self.window)
        except HistoryError as error:
            log.error("the stored readings of %r, %s cannot be read: %s", key.service, key.metric, error)
            return None if has_model else 0
        self._windows.load(key, stored.timestamps, stored.values)
        return count
