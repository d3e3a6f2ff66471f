"""The incidents that scored readings would have opened, from arrays: the live policy and episode rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.severity import ranks
from backend.incidents.policy import fires, was_long_blind, was_long_quiet
from backend.metrics.catalogue import MetricSpec
from backend.settings import PolicyName

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair's readings in order of time, one for each poll that had a sample.

    ``timestamps`` float64[n] in seconds, ``values`` float64[n] in the metric's unit, ``scores`` float64[n]:
    NaN where no model judged. ``grown`` bool[n]: whether the model was no longer young.
    """

    timestamps: FloatArray
    values: FloatArray
    scores: FloatArray
    grown: BoolArray

    def part(self, rows: slice) -> Scored:
        """Some of the readings."""
        return Scored(self.timestamps[rows], self.values[rows], self.scores[rows], self.grown[rows])


class Rule(NamedTuple):
    """What turns scores into incidents; ``threshold`` is a score, the other two are seconds."""

    policy: PolicyName
    threshold: float
    dedup_window: float
    interval: float


class Episode(NamedTuple):
    """Readings that belong to one incident, as positions; ``peak`` is the worst, ``firing`` counts them."""

    first: int
    last: int
    peak: int
    firing: int


class Span(NamedTuple):
    """From the first to the last firing, in seconds since the epoch."""

    start: float
    end: float


def firing(rule: Rule, spec: MetricSpec, scored: Scored) -> BoolArray:
    """Which readings fire: bool[n]; `policy.evaluate` for many at once."""
    with np.errstate(invalid="ignore"):
        anomalous = scored.scores >= rule.threshold
    return fires(rule.policy, spec, ranks(scored.values, spec) > 0, anomalous, scored.grown)


def episodes(rule: Rule, spec: MetricSpec, scored: Scored) -> list[Episode]:
    """The incidents, oldest first, as if each had been resolved when its episode ended.

    What `policy.decide` says of a resolved incident: a new one opens after ``dedup_window`` of quiet, or
    after long without data. An incident that nobody resolves takes the later ones in: live there are as
    many or fewer.
    """
    fired = firing(rule, spec, scored)
    at = np.flatnonzero(fired)
    if not len(at):
        return []
    rank = ranks(scored.values, spec)
    # As `policy.was_quiet`, which does not know of a stored reading that its model was young.
    loud = firing(rule, spec, replace(scored, grown=np.ones_like(scored.grown)))
    quiet = np.cumsum(~loud & (~np.isnan(scored.scores) | (rank == 0)))
    elapsed = np.diff(scored.timestamps[at])
    cuts = [0]
    for gap in np.flatnonzero(elapsed > rule.dedup_window):
        before, after, span = at[gap], at[gap + 1], float(elapsed[gap])
        was_quiet = min(float(quiet[after] - quiet[before]) * rule.interval, span)
        was_seen = min(float(after - before - 1) * rule.interval, span)
        if was_long_quiet(span, was_quiet, rule.dedup_window) or was_long_blind(
            span, was_seen, rule.dedup_window
        ):
            cuts.append(int(gap) + 1)
    badness = rank[at] + np.nan_to_num(scored.scores[at])  # the severity first, then the score, below 1
    return [
        Episode(int(at[a]), int(at[b - 1]), int(at[a + badness[a:b].argmax()]), b - a)
        for a, b in zip(cuts, [*cuts[1:], len(at)], strict=True)
    ]


def meets(spans: Sequence[Span], others: Sequence[Span]) -> list[bool]:
    """Whether each of ``spans`` overlaps one of ``others``, which ascend and do not overlap each other."""
    starts = np.array([other.start for other in others])
    ends = np.array([other.end for other in others])
    next_to_end = np.searchsorted(ends, [span.start for span in spans])
    return [
        bool(i < len(others) and starts[i] <= span.end) for span, i in zip(spans, next_to_end, strict=True)
    ]
