"""The weeks before the stored readings, coarse, from Prometheus: what the forests know of days and weeks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from backend.detection.detector import Detector
from backend.detection.live_forest import LiveForest
from backend.detection.registry import ModelRegistry
from backend.jobs.earlier_weeks import earlier_weeks
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.pair_training import Older
from backend.jobs.retrain import Retrainer
from backend.jobs.training_job import RetrainRunning
from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import PrometheusClient, PrometheusError
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

_AGAIN = 86400.0
"""Seconds until a pair whose past was not to be had is tried again."""


class OlderReadings:
    """Asks for the earlier weeks of some pairs and tells health where that fails; the training thread's."""

    def __init__(
        self,
        *,
        interval: float,
        window: float,
        catalogue: Mapping[str, MetricSpec],
        prometheus: PrometheusClient,
        health: HealthBoard,
    ) -> None:
        """``interval``: seconds between two polls; ``window``: the part of the past that is stored anyway."""
        self._interval = interval
        self._window = window
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._health = health
        self._failing = False

    def of(self, keys: Collection[SeriesKey], now: float) -> Older:
        """float64[n] times and values of the pairs that have any; nothing where Prometheus cannot tell."""
        before = now - self._window
        try:
            found = earlier_weeks(self._prometheus, self._catalogue, keys, before, self._interval)
        except PrometheusError as error:
            self._failing = True
            detail = f"the habits of earlier weeks are not known, the models do without: {error.detail}"
            self._health.report("seasons", DependencyStatus.DEGRADED, detail)
            return {}
        if self._failing:
            self._health.report("seasons", DependencyStatus.OK)
        self._failing = False
        return found


class Seasons:
    """Has pairs trained again that were ready before the earlier weeks were asked for; the poll thread's.

    But for those that were gone back to: that a training would undo.
    """

    def __init__(self, detector: Detector | None, registry: ModelRegistry, retrainer: Retrainer) -> None:
        self._forest = detector if isinstance(detector, LiveForest) else None
        self._registry = registry
        self._retrainer = retrainer
        self._not_before: dict[SeriesKey, float] = {}

    def after_poll(self, at: float) -> None:
        """Begin a training in the background where there is something to know and no other one goes on."""
        if self._forest is None or self._retrainer.running():
            return
        models = self._registry.current.models
        due = [
            key
            for key in self._forest.without_seasons()
            if at >= self._not_before.get(key, 0.0) and not (key in models and models[key].held)
        ]
        if due:
            try:
                self._retrainer.start("seasons", due, force=True)
            except RetrainRunning:
                return  # one was started by hand just now; what is due stays due
            self._not_before.update(dict.fromkeys(due, at + _AGAIN))
