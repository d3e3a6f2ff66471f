"""Writes the reason cards of a poll: asks the detector, the datasets and past incidents what they know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import Detector
from backend.detection.reason_card import Circumstances, write_card
from backend.detection.shares import Past
from backend.incidents.nearest import Likeness, nearest
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.metrics.cards import PastIncident, ReasonCard
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.readings import ExpectedRange, SeriesKey, Severity, Verdict

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_HALF_HOUR = 1800.0
_MOST_LOOKUPS = 50
"""Pairs whose past is looked up in one poll: when thousands turn anomalous at once the others wait a poll."""
_LOOK_BACK = 6 * 3600.0
"""Seconds of readings in which a stretch's beginning is looked for after a start."""
_LONGEST_GAP = 3
"""Intervals between two readings of one stretch."""


@dataclass
class _Stretch:
    """A pair's anomalous stretch, and what was looked up for it.

    ``since`` and ``looked_at`` in seconds since the epoch, the latter None before the first look.
    """

    since: float
    looked_at: float | None = None
    yesterday: float | None = None
    last_week: float | None = None
    nearest: PastIncident | None = None


class Cards:
    """The reason cards of one poll after the other; used by the poll thread alone."""

    def __init__(
        self,
        *,
        catalogue: Mapping[str, MetricSpec],
        interval: float,
        zone: tzinfo | None,
        detector: Detector,
        history: HistoryStore,
        store: IncidentStore,
    ) -> None:
        """``interval``: seconds between two polls. ``zone``: whose clock says which hour it is; None: UTC."""
        self._catalogue = catalogue
        self._interval = interval
        self._zone = zone or UTC
        self._detector = detector
        self._history = history
        self._store = store
        self._stretches: dict[SeriesKey, _Stretch] = {}
        self._lookups = 0
        self._polls = 0

    def begin(self, scored: Sequence[SeriesKey], anomalous: BoolArray, at: float) -> None:
        """A poll's verdicts: bool[n] for the pairs that were scored. Blind pairs' stretches go on."""
        self._lookups = _MOST_LOOKUPS
        self._polls += 1
        bad = [scored[row] for row in np.flatnonzero(anomalous).tolist()]
        for key in (self._stretches.keys() - bad) & set(scored) if self._stretches else ():
            del self._stretches[key]
        for key in bad:
            if key not in self._stretches:
                self._stretches[key] = _Stretch(self._began(key, at) if self._polls == 1 else at)

    def write(
        self,
        key: SeriesKey,
        at: float,
        value: float,
        expected: ExpectedRange | None,
        severity: Severity,
        recent: FloatArray,
    ) -> ReasonCard:
        """The card of an anomalous reading of this poll; ``recent`` as in `shares.Past`."""
        spec = self._catalogue[key.metric]
        stretch = self._stretches.setdefault(key, _Stretch(at))
        first = stretch.looked_at is None
        looked = self._look_back(key, at, stretch)
        shares = self._detector.explain(key, Past(recent), spec.unit)
        around = Circumstances(stretch.since, stretch.yesterday, stretch.last_week)
        card = write_card(value, expected, shares, spec, around)
        if looked and first:
            stretch.nearest = self._nearest(Likeness(key, at, severity, card.side, shares))
        return replace(card, nearest=stretch.nearest)

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        """These pairs are gone."""
        for key in keys:
            self._stretches.pop(key, None)

    def _look_back(self, key: SeriesKey, at: float, stretch: _Stretch) -> bool:
        """Look the same hour of yesterday and of last week up, if it is another one by now."""
        if stretch.looked_at is not None and abs(at - stretch.looked_at) < _HALF_HOUR:
            return False
        if not self._lookups:
            return False
        self._lookups -= 1
        stretch.looked_at = at
        stretch.yesterday = self._median(key, self._days_before(at, 1))
        stretch.last_week = self._median(key, self._days_before(at, 7))
        return True

    def _days_before(self, at: float, days: int) -> float:
        """The same time on the clock, so that 8 h is 8 h when the clocks were changed in between."""
        return (datetime.fromtimestamp(at, self._zone) - timedelta(days=days)).timestamp()

    def _median(self, key: SeriesKey, middle: float) -> float | None:
        try:
            values = self._history.columns(key, middle - _HALF_HOUR, middle + _HALF_HOUR).values
        except HistoryError:
            return None  # the poll reports a dataset that cannot be read
        return float(np.median(values)) if len(values) else None

    def _began(self, key: SeriesKey, at: float) -> float:
        """When a stretch began that was under way when Canopy started, as far as the datasets tell."""
        try:
            stored = self._history.columns(key, at - _LOOK_BACK, at - self._interval / 2)
        except HistoryError:
            return at
        since = at
        for time, status in zip(stored.timestamps[::-1].tolist(), stored.status[::-1], strict=True):
            if status != Verdict.ANOMALY.encode() or since - time > _LONGEST_GAP * self._interval:
                break
            since = time
        return since

    def _nearest(self, now: Likeness) -> PastIncident | None:
        try:
            return nearest(now, self._store.candidates(now.key))
        except StoreError:
            return None  # triage reports a database that cannot be used
