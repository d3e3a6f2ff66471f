"""How much of the time since a pair fired last was seen, and seen to be quiet, from its stored readings."""

from __future__ import annotations

import numpy as np

from backend.detection.severity import classify
from backend.incidents.policy import Observed, was_quiet
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.readings import Reading, Severity, Verdict
from backend.settings import PolicyName

_LOOK_BACK = 86400.0
"""Seconds of readings looked at first: hardly ever are more needed to know that a pair was quiet."""


class QuietTime:
    """Looks into the datasets; a reading there stands for one poll interval."""

    def __init__(self, history: HistoryStore, interval: float, policy: PolicyName) -> None:
        """``interval``: seconds between two polls."""
        self._history = history
        self._interval = interval
        self._policy = policy

    def between(self, last_fired_at: float, reading: Reading, spec: MetricSpec, enough: float) -> Observed:
        """What was seen of ``reading``'s pair after ``last_fired_at`` and before ``reading``.

        Looks no further back once ``enough`` seconds of quiet are found.
        """
        try:
            seen = self._plainly(last_fired_at, reading, spec)
            return seen if seen.quiet >= enough else self._exactly(last_fired_at, reading, spec)
        except HistoryError:
            # A dataset that cannot be read must not keep incidents from opening; the poll reports it.
            span = reading.timestamp - last_fired_at
            return Observed(span, span)

    def _plainly(self, last_fired_at: float, reading: Reading, spec: MetricSpec) -> Observed:
        """Counts what is quiet under every policy: without pandas, for many pairs may fire at once."""
        start = max(last_fired_at, reading.timestamp - _LOOK_BACK)
        series = self._history.recent(reading.key, start)
        between = (series.timestamps > last_fired_at) & (series.timestamps < reading.timestamp)
        within = np.array([s is Severity.NORMAL for s in classify(series.values, spec)], dtype=np.bool_)
        quiet = between & within & ~series.anomalous
        return self._observed(int(quiet.sum()), int(between.sum()), reading.timestamp - last_fired_at)

    def _exactly(self, last_fired_at: float, reading: Reading, spec: MetricSpec) -> Observed:
        """Counts what did not fire under this policy, as with a value that is high and yet normal."""
        rows = self._history.frame(reading.key, last_fired_at, reading.timestamp)
        times = rows["timestamp"].to_numpy("datetime64[ms]").astype(np.int64) / 1000
        rows = rows[(times > last_fired_at) & (times < reading.timestamp)]
        severities = classify(rows["value"].to_numpy(np.float64), spec)
        quiet = sum(
            was_quiet(self._policy, spec, severity, _verdict(status))
            for severity, status in zip(severities, rows["status"], strict=True)
        )
        return self._observed(quiet, len(rows), reading.timestamp - last_fired_at)

    def _observed(self, quiet: int, seen: int, span: float) -> Observed:
        return Observed(min(quiet * self._interval, span), min(seen * self._interval, span))


def _verdict(status: str) -> Verdict:
    """A status as it stands in a dataset; what a hand has put there tells nothing."""
    return Verdict(status) if status in (Verdict.NORMAL, Verdict.ANOMALY) else Verdict.UNKNOWN
