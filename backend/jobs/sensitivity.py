"""Sensitivity at run time: what another one would have done in the last days, and saving it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.clock import Clock, to_rfc3339
from backend.detection.detector import YOUNG
from backend.detection.sensitivity import Thresholds, score_of
from backend.incidents.episodes import Rule, Scored, firing
from backend.incidents.sensitivities import Sensitivities, SensitivityChange
from backend.jobs.backtest_pair import compared, would_fire
from backend.jobs.backtest_result import DAY, Outcome, WouldFire, outcome
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from backend.settings import Sensitivity, Settings

MOST_READINGS = 6_000_000
"""Looked at for one preview, some eight seconds' work: of many pairs only the newest days are."""
_LISTED = 200
_ORDER = ("appears", "vanishes", "same")


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """How many incidents would have opened on a day (YYYY-MM-DD, UTC)."""

    day: str
    present: int
    asked: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sensitivity would have done from ``start`` to ``end``, in seconds since the epoch.

    ``shortened``: fewer days than asked for, because there are so many pairs. ``incidents`` holds the first
    _LISTED: what changes before what does not, the newest first.
    """

    start: float
    end: float
    shortened: bool
    sensitivity: Sensitivity
    threshold: float
    present_sensitivity: Sensitivity
    present_threshold: float
    pairs: int
    readings: int
    judged: int
    days: tuple[PreviewDay, ...]
    present: Outcome
    asked: Outcome
    incidents: tuple[WouldFire, ...]
    incidents_total: int
    appears: int
    vanishes: int


class SensitivityControl:
    """Changes what the judge takes for anomalous; any thread may call any method.

    All methods raise StoreError when the database cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        thresholds: Thresholds,
        saved: Sensitivities,
        history: HistoryStore,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._thresholds = thresholds
        self._configured = Thresholds(settings)
        self._saved = saved
        self._history = history
        self._clock = clock

    def present(self, metric: str) -> Sensitivity:
        return self._thresholds.sensitivity(metric)

    def configured(self, metric: str) -> Sensitivity:
        """What is in force where no operator has saved anything."""
        return self._configured.sensitivity(metric)

    def saved(self) -> Mapping[str, Sensitivity]:
        return self._saved.saved()

    def changes(self, limit: int) -> Sequence[SensitivityChange]:
        """Who changed what, newest first."""
        return self._saved.history(limit)

    def save(self, metric: str, sensitivity: Sensitivity | None, by: str) -> None:
        """Keep it and judge the next poll by it; None: back to the configuration's."""
        if self._saved.saved().get(metric) != sensitivity:
            self._saved.save(SensitivityChange(self._clock.now(), by, metric, sensitivity))
        self._thresholds.save(self._saved.saved())

    def preview(self, spec: MetricSpec, sensitivity: Sensitivity, days: float) -> Preview:
        """From the scores as they were stored, over all pairs of the metric. Raises HistoryError."""
        keys = [key for key in self._history.keys() if key.metric == spec.key]
        end, wanted = self._clock.now(), days * DAY
        span = min(wanted, MOST_READINGS * self._settings.poll.interval / max(1, len(keys)))
        present, asked = self._rule(self.present(spec.key)), self._rule(sensitivity)
        incidents: list[WouldFire] = []
        counts, pairs, first = np.zeros(4, dtype=np.int64), 0, end
        for key in keys:
            scored = self._scored(key, end - span, end)
            if not len(scored.values):
                continue
            pairs += 1
            judged = ~np.isnan(scored.scores)
            if judged.any():
                first = min(first, float(scored.timestamps[judged][0]))
            counts += (
                len(judged),
                judged.sum(),
                firing(present, spec, scored).sum(),
                firing(asked, spec, scored).sum(),
            )
            incidents += _changes(key, spec, scored, present, asked)
        readings, judged_readings, fired, fired_asked = counts.tolist()
        changes = Counter(one.change for one in incidents)
        incidents.sort(key=lambda one: (_ORDER.index(one.change), -one.start, one.service))
        seconds = end - first
        return Preview(
            start=first,
            end=end,
            shortened=span < wanted,
            sensitivity=sensitivity,
            threshold=asked.threshold,
            present_sensitivity=self.present(spec.key),
            present_threshold=present.threshold,
            pairs=pairs,
            readings=readings,
            judged=judged_readings,
            days=_by_day(incidents, first, end),
            present=outcome(changes["same"] + changes["vanishes"], fired, seconds),
            asked=outcome(changes["same"] + changes["appears"], fired_asked, seconds),
            incidents=tuple(incidents[:_LISTED]),
            incidents_total=len(incidents),
            appears=changes["appears"],
            vanishes=changes["vanishes"],
        )

    def _scored(self, key: SeriesKey, start: float, end: float) -> Scored:
        """The stored readings with their scores, NaN where none was stored.

        How old a model was is not stored: live it had learned what was stored before, save what fired.
        """
        columns = self._history.columns(key, start, end)
        scores = np.array([float(text) if text else np.nan for text in columns.score.tolist()])
        grown = self._learned_before(key, start) + np.arange(1, len(columns) + 1) >= YOUNG
        return Scored(columns.timestamps, columns.values, scores, grown)

    def _learned_before(self, key: SeriesKey, start: float) -> int:
        """How many readings are stored before ``start``, of the newest that make a model grown."""
        back = 2 * YOUNG * self._settings.poll.interval
        while True:
            found = int(np.searchsorted(self._history.columns(key, start - back, start).timestamps, start))
            if found >= YOUNG or back >= start:
                return found
            # A new pair, which has hardly any readings, or one that was silent for long.
            back *= 8

    def _rule(self, sensitivity: Sensitivity) -> Rule:
        incidents = self._settings.incidents
        return Rule(
            incidents.policy, score_of(sensitivity), incidents.dedup_window, self._settings.poll.interval
        )


def _changes(key: SeriesKey, spec: MetricSpec, scored: Scored, present: Rule, asked: Rule) -> list[WouldFire]:
    return compared(would_fire(key, spec, scored, present), would_fire(key, spec, scored, asked))


def _by_day(incidents: Sequence[WouldFire], start: float, end: float) -> tuple[PreviewDay, ...]:
    """Every day from ``start`` to ``end``, those without an incident too."""
    present = Counter(_day(one.start) for one in incidents if one.change != "appears")
    asked = Counter(_day(one.start) for one in incidents if one.change != "vanishes")
    first, last = int(start // DAY), int(end // DAY)
    days = [_day(number * DAY) for number in range(first, last + 1)]
    return tuple(PreviewDay(day, present[day], asked[day]) for day in days)


def _day(timestamp: float) -> str:
    return to_rfc3339(timestamp)[:10]
