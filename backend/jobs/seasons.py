"""The weeks before the stored readings, coarse, from Prometheus: what the forests know of days and weeks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import Detector
from backend.detection.live_forest import LiveForest
from backend.detection.registry import ModelRegistry
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.pair_training import Older
from backend.jobs.retrain import Retrainer
from backend.jobs.training_job import RetrainRunning
from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import PrometheusClient, PrometheusError
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

_WEEKS = 4 * 7 * 86400.0
_STEP = 300.0
_AGAIN = 86400.0
"""Seconds until a pair whose past was not to be had is tried again."""


class OlderReadings:
    """Asks for the past of some pairs, piece by piece of all services; used by the training thread."""

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
        self._step = max(_STEP, interval)
        self._window = window
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._health = health
        self._failing = False

    def of(self, keys: Collection[SeriesKey], now: float) -> Older:
        """float64[n] times and values of the pairs that have any; nothing where Prometheus cannot tell."""
        pieces: dict[SeriesKey, list[tuple[FloatArray, FloatArray]]] = {}
        wanted = set(keys)
        try:
            for metric in {key.metric for key in wanted} & self._catalogue.keys():
                self._ask(metric, wanted, now, pieces)
        except PrometheusError as error:
            self._failing = True
            detail = f"the habits of earlier weeks are not known, the models do without: {error.detail}"
            self._health.report("seasons", DependencyStatus.DEGRADED, detail)
            return {}
        if self._failing:
            self._health.report("seasons", DependencyStatus.OK)
        self._failing = False
        return {
            key: (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))
            for key, parts in pieces.items()
        }

    def _ask(
        self,
        metric: str,
        wanted: Collection[SeriesKey],
        now: float,
        pieces: dict[SeriesKey, list[tuple[FloatArray, FloatArray]]],
    ) -> None:
        end = (now - self._window) // self._step * self._step
        start = max(0.0, end - _WEEKS)
        query = self._catalogue[metric].query
        for found in self._prometheus.range_pieces(query, start, end - self._step, self._step):
            for service, series in found.items():
                key = SeriesKey(service, metric)
                if key in wanted and len(series[0]):
                    pieces.setdefault(key, []).append(series)


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
