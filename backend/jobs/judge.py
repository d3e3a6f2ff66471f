"""From the values of one poll to readings: features, score, verdict, severity and reasons, in one batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.detection.detector import YOUNG, Batch, Detector, Judged
from backend.detection.features import FEATURES, features_of
from backend.detection.reason_card import reasons_of
from backend.detection.registry import ModelRegistry, ModelSet
from backend.detection.severity import ranks
from backend.detection.windows import RecentValues, RecentWindows
from backend.jobs.cards import Cards
from backend.jobs.learning import Learning
from backend.metrics.cards import ReasonCard
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import ExpectedRange, Reading, SeriesKey, Severity, State, Verdict

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SEVERITIES = tuple(Severity)


class Judge:
    """Turns values into readings; used by the poll thread alone."""

    def __init__(
        self,
        catalogue: Mapping[str, MetricSpec],
        registry: ModelRegistry,
        detector: Detector,
        learning: Learning,
        windows: RecentWindows,
        cards: Cards,
    ) -> None:
        self._catalogue = catalogue
        self._registry = registry
        self._detector = detector
        self._learning = learning
        self._windows = windows
        self._cards = cards

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
        missing = known.keys() - values.keys()
        for key, seen in known.items() if missing else ():
            if key not in missing or key.metric not in self._catalogue:
                continue
            if key in rejected:
                readings.append(_blind(key, at, State.STALE, rejected[key]))
            elif key.metric in failed:
                readings.append(_blind(key, at, State.FAILED, failed[key.metric]))
            else:
                reason = f"Prometheus has no current sample; the last one was at {to_rfc3339(seen)}"
                readings.append(_blind(key, at, State.STALE, reason))
        return readings

    def recent(self, keys: Collection[SeriesKey]) -> RecentValues:
        """The pairs' newest values, oldest first, None where one is missing."""
        return self._windows.snapshot(keys)

    def forget(self, keys: Sequence[SeriesKey]) -> None:
        self._windows.forget(keys)
        self._detector.forget(keys)
        self._cards.forget(keys)

    def _judge(self, values: Mapping[SeriesKey, float], at: float) -> list[Reading]:
        if not values:
            return []
        models = self._registry.current
        keys = list(values)
        column = np.fromiter(values.values(), dtype=np.float64, count=len(keys))
        features = features_of(self._windows.push(keys, column, at))
        batch = Batch(keys, at, column, features, self._learning.now(keys, at))
        judged = self._detector.judge(batch, models)
        self._note_verdicts(keys, judged, at)
        columns = zip(
            keys,
            column.tolist(),
            features.tolist(),
            self._ranks(keys, column).tolist(),
            judged.scores.tolist(),
            judged.limits.tolist(),
            judged.expected.tolist(),
            (judged.learned < YOUNG).tolist(),
            strict=True,
        )
        return [
            self._scored(key, at, value, row, _SEVERITIES[rank], score, limit, bounds, young)
            if score == score
            else _not_scored(key, at, value, row, _SEVERITIES[rank], models)
            for key, value, row, rank, score, limit, bounds, young in columns
        ]

    def _note_verdicts(self, keys: list[SeriesKey], judged: Judged, at: float) -> None:
        """Tell the cards which pairs are anomalous now, and which no longer."""
        rows = np.flatnonzero(~np.isnan(judged.scores))
        anomalous = judged.scores[rows] >= judged.limits[rows]
        self._cards.begin([keys[row] for row in rows.tolist()], anomalous, at)

    def _ranks(self, keys: list[SeriesKey], column: FloatArray) -> IntArray:
        """Severities as ranks, int64[n], a metric at a time."""
        found = np.zeros(len(keys), dtype=np.int64)
        by_metric: dict[str, list[int]] = {}
        for i, key in enumerate(keys):
            by_metric.setdefault(key.metric, []).append(i)
        for metric, rows in by_metric.items():
            found[rows] = ranks(column[rows], self._catalogue[metric])
        return found

    def _scored(
        self,
        key: SeriesKey,
        at: float,
        value: float,
        row: list[float],
        severity: Severity,
        score: float,
        limit: float,
        bounds: list[float],
        young: bool,
    ) -> Reading:
        features = dict(zip(FEATURES, row, strict=True))
        expected = ExpectedRange(*bounds) if bounds[0] == bounds[0] else None
        anomalous = score >= limit
        card: ReasonCard | None = None
        reasons: tuple[str, ...] = ()
        if anomalous:
            card = self._cards.write(key, at, value, expected, severity, self._windows.recent(key))
            reasons = reasons_of(card, severity, score, limit, at, self._catalogue[key.metric])
        return Reading(
            key=key,
            timestamp=at,
            value=value,
            state=State.SCORED,
            severity=severity,
            verdict=Verdict.ANOMALY if anomalous else Verdict.NORMAL,
            score=score,
            expected=expected,
            reasons=reasons,
            features=features,
            young=young,
            card=card,
        )


def _not_scored(
    key: SeriesKey, at: float, value: float, row: list[float], severity: Severity, models: ModelSet
) -> Reading:
    refused = models.refused.get(key)
    reason = "the pair has no model yet: it is still learning"
    if key in models.models:
        reason = "the pair's past is being read in again, after a restart or a training by hand"
    return Reading(
        key=key,
        timestamp=at,
        value=value,
        state=State.FAILED if refused else State.NO_MODEL,
        severity=severity,
        reasons=(refused or reason,),
        features=dict(zip(FEATURES, row, strict=True)),
    )


def _blind(key: SeriesKey, at: float, state: State, reason: str) -> Reading:
    return Reading(key=key, timestamp=at, value=None, state=state, reasons=(reason,))
