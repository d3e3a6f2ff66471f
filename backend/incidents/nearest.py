"""Which resolved incident resembles what is seen now most: the one whose ending is worth knowing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.metrics.cards import PastIncident, Share, Side
from backend.metrics.readings import SeriesKey, Severity

_DAY = 86_400.0
_SIDE, _SHARES, _SEVERITY, _TIME_OF_DAY = 2.0, 2.0, 1.0, 1.0
"""What each likeness counts: on the same side and by the same views matters more than how bad or when."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What incidents are compared by; ``at`` in seconds since the epoch.

    ``side`` and ``shares`` are None and empty for incidents without a reason card.
    """

    key: SeriesKey
    at: float
    severity: Severity
    side: Side | None = None
    shares: Sequence[Share] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resolved incident and what it was like."""

    incident: PastIncident
    likeness: Likeness


def nearest(now: Likeness, candidates: Sequence[Candidate]) -> PastIncident | None:
    """The candidate most like ``now``: of the same pair if there is any, else of the same metric.

    Of several that are alike the newest; None where there is no candidate of the metric.
    """
    same_pair = [one for one in candidates if one.likeness.key == now.key]
    same_metric = [one for one in candidates if one.likeness.key.metric == now.key.metric]
    found = max(
        same_pair or same_metric,
        key=lambda one: (_alike(now, one.likeness), one.incident.opened_at, one.incident.id),
        default=None,
    )
    return None if found is None else found.incident


def _alike(now: Likeness, past: Likeness) -> float:
    """How much two are alike: a sum of the likenesses, each of them in 0..1, by their weights."""
    apart = abs(now.at - past.at) % _DAY
    hours_apart = min(apart, _DAY - apart) / (_DAY / 2)
    return (
        _SIDE * (now.side is not None and now.side == past.side)
        + _SHARES * _common(now.shares, past.shares)
        + _SEVERITY * (now.severity is past.severity)
        + _TIME_OF_DAY * (1 - hours_apart)
    )


def _common(now: Sequence[Share], past: Sequence[Share]) -> float:
    """What the two scores' parts have in common, 0..1."""
    theirs = {share.about: share.part for share in past}
    return min(1.0, sum(min(share.part, theirs.get(share.about, 0.0)) for share in now))
