"""From the values of one poll to readings: features, score, verdict, severity and reasons, in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.detection.explanation import reasons_for
from backend.detection.features import FEATURES, features_of
from backend.detection.registry import ModelRegistry, ModelSet
from backend.detection.severity import classify
from backend.detection.windows import RecentWindows
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict

FloatArray = NDArray[np.float64]


class Judge:
    """Turns values into readings; used by the poll thread alone."""

    def __init__(
        self, catalogue: Mapping[str, MetricSpec], registry: ModelRegistry, windows: RecentWindows
    ) -> None:
        self._catalogue = catalogue
        self._registry = registry
        self._windows = windows

    def read(
        self,
        values: Mapping[SeriesKey, float],
        rejected: Mapping[SeriesKey, str],
        failed: Mapping[str, str],
        known: Mapping[SeriesKey, float],
        at: float,
    ) -> list[Reading]:
        """A reading for every known pair.

        ``values`` are the usable ones, ``rejected`` says why a pair has none, ``failed`` why a metric's
        whole query has none, ``known`` when each pair was last seen (seconds since the epoch), ``at`` the
        poll's grid time.
        """
        readings = self._judge(values, at)
        for key, seen in known.items():
            if key in values or key.metric not in self._catalogue:
                continue
            if key in rejected:
                readings.append(_blind(key, at, State.STALE, rejected[key]))
            elif key.metric in failed:
                readings.append(_blind(key, at, State.FAILED, failed[key.metric]))
            else:
                reason = f"Prometheus has no current sample; the last one was at {to_rfc3339(seen)}"
                readings.append(_blind(key, at, State.STALE, reason))
        return readings

    def recent(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, list[float | None]]:
        """The pairs' newest values, oldest first, None where one is missing."""
        keys = list(keys)
        rows = self._windows.recent(keys).astype(object)
        rows[rows != rows] = None
        return dict(zip(keys, rows.tolist(), strict=True))

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        self._windows.forget(keys)

    def _judge(self, values: Mapping[SeriesKey, float], at: float) -> list[Reading]:
        if not values:
            return []
        models = self._registry.current
        keys = list(values)
        column = np.fromiter(values.values(), dtype=np.float64, count=len(keys))
        features = features_of(self._windows.push(keys, column, at))
        scores = _score(keys, features, models)
        severities = self._severities(keys, column)
        return [
            self._reading(key, at, value, dict(zip(FEATURES, row, strict=True)), score, severity, models)
            for key, value, row, score, severity in zip(
                keys, values.values(), features.tolist(), scores.tolist(), severities, strict=True
            )
        ]

    def _severities(self, keys: list[SeriesKey], column: FloatArray) -> list[Severity]:
        severities = [Severity.NORMAL] * len(keys)
        by_metric: dict[str, list[int]] = {}
        for i, key in enumerate(keys):
            by_metric.setdefault(key.metric, []).append(i)
        for metric, rows in by_metric.items():
            for i, severity in zip(rows, classify(column[rows], self._catalogue[metric]), strict=True):
                severities[i] = severity
        return severities

    def _reading(
        self,
        key: SeriesKey,
        at: float,
        value: float,
        features: dict[str, float],
        score: float,
        severity: Severity,
        models: ModelSet,
    ) -> Reading:
        info = models.models.get(key)
        if info is None:
            refused = models.refused.get(key)
            return Reading(
                key=key,
                timestamp=at,
                value=value,
                state=State.FAILED if refused else State.NO_MODEL,
                severity=severity,
                reasons=(refused or "the pair has no model yet: it is still learning",),
                features=features,
            )
        threshold = float(models.batch.verdict_thresholds[models.slots[key]])
        anomalous = score > threshold
        reasons: tuple[str, ...] = ()
        if anomalous:
            spec = self._catalogue[key.metric]
            reasons = reasons_for(features, severity, info.expected, score, threshold, spec)
        return Reading(
            key=key,
            timestamp=at,
            value=value,
            state=State.SCORED,
            severity=severity,
            verdict=Verdict.ANOMALY if anomalous else Verdict.NORMAL,
            score=score,
            expected=info.expected,
            reasons=reasons,
            features=features,
        )


def _score(keys: list[SeriesKey], features: FloatArray, models: ModelSet) -> FloatArray:
    """One batched call for all pairs that have a model; NaN for those without."""
    slots = np.array([models.slots.get(key, -1) for key in keys])
    scores = np.full(len(keys), np.nan)
    modelled = np.flatnonzero(slots >= 0)
    if len(modelled):
        scores[modelled] = models.batch.score(slots[modelled], features[modelled])
    return scores


def _blind(key: SeriesKey, at: float, state: State, reason: str) -> Reading:
    return Reading(key=key, timestamp=at, value=None, state=state, reasons=(reason,))
