"""Which readings models learn from: all but the firing of incidents that nobody has found normal."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.detection.training import firing_stretches, outside
from backend.incidents.policy import fires
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.metrics.catalogue import MetricSpec
from backend.metrics.columns import Columns
from backend.metrics.readings import SeriesKey, Severity, Verdict
from backend.settings import PolicyName

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

log = logging.getLogger(__name__)


class Learning:
    """Asks the incidents. A pair's readings count as bad until ``quiet`` seconds after one of them fired.

    Not so where the incident was called expected or noise. A reading's score is only known once it has been
    taken, so that live the reading that opens an incident is learned; a retrain leaves it out.
    """

    def __init__(
        self,
        incidents: IncidentStore,
        catalogue: Mapping[str, MetricSpec],
        policy: PolicyName,
        quiet: float,
    ) -> None:
        """``quiet``: seconds after which a pair that fired counts as calm again."""
        self._incidents = incidents
        self._catalogue = catalogue
        self._policy = policy
        self._quiet = quiet

    def now(self, keys: Sequence[SeriesKey], at: float) -> BoolArray:
        """For each pair whether its reading of ``at`` is to be learned: bool[n]."""
        try:
            firing = set(self._incidents.firing(at - self._quiet))
        except StoreError as error:
            # Blind, the models would rather learn nothing than learn an outage.
            log.warning("nothing is learned now: %s", error)
            return np.zeros(len(keys), dtype=np.bool_)
        if not firing:
            return np.ones(len(keys), dtype=np.bool_)
        return np.array([key not in firing for key in keys], dtype=np.bool_)

    def then(self, key: SeriesKey, stored: Columns) -> BoolArray:
        """The same for stored readings, as it was when they were new. Raises StoreError."""
        learned = np.ones(len(stored), dtype=np.bool_)
        if not len(stored):
            return learned
        times = stored.timestamps
        spans = self._incidents.spans(key, float(times[0]) - self._quiet, float(times[-1]))
        if not spans:
            return learned
        fired = self._fired(key, stored)
        for start, end in spans:
            firings = np.unique([start, *fired[(fired > start) & (fired < end)], end])
            last = firings[np.maximum(np.searchsorted(firings, times) - 1, 0)]
            learned &= ~((times > start) & (times - last <= self._quiet))
        return learned

    def at_last(self, key: SeriesKey, stored: Columns) -> BoolArray:
        """What a retrain learns of stored readings: all but the firing of incidents not found normal.

        Raises StoreError.
        """
        if not len(stored):
            return np.ones(0, dtype=np.bool_)
        times = stored.timestamps
        spans = self._incidents.spans(key, float(times[0]), float(times[-1]))
        if not spans:
            return np.ones(len(stored), dtype=np.bool_)
        return outside(firing_stretches(spans, self._fired(key, stored), self._quiet), times)

    def _fired(self, key: SeriesKey, stored: Columns) -> FloatArray:
        """When the policy took a reading for one of an incident; where a metric is no more, its verdicts."""
        anomalous = stored.status == Verdict.ANOMALY.encode()
        spec = self._catalogue.get(key.metric)
        if spec is not None:
            high, critical = (
                stored.severity == level.encode() for level in (Severity.HIGH, Severity.CRITICAL)
            )
            anomalous = fires(self._policy, spec, high | critical, anomalous)
        fired: FloatArray = stored.timestamps[anomalous]
        return fired
