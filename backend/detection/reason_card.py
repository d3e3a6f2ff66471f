"""Writes the reason card of an anomalous reading: what a detector saw, in plain words, the strongest first.

Everything here is computed from its arguments alone: the same input gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from backend.metrics.cards import PastIncident, ReasonCard, Share, Side
from backend.metrics.catalogue import MetricSpec
from backend.metrics.quantity import duration, quantity, quantity_range
from backend.metrics.readings import ExpectedRange, Severity

_UNLIKE = "its level and variation together are unlike the readings it was trained on"


class Circumstances(NamedTuple):
    """What is known of a pair beside its reading; times in seconds since the epoch.

    ``since``: the first reading of the anomalous stretch. ``yesterday`` and ``last_week``: the median of the
    hour around the same time then, None where nothing is stored.
    """

    since: float
    yesterday: float | None = None
    last_week: float | None = None
    nearest: PastIncident | None = None


def write_card(
    value: float,
    expected: ExpectedRange | None,
    shares: Sequence[Share],
    spec: MetricSpec,
    around: Circumstances,
) -> ReasonCard:
    """The card of a reading of ``value``; ``shares`` are what its detector saw, the strongest first."""
    return ReasonCard(
        observed=value,
        unit=spec.unit,
        low=None if expected is None else _end(expected.low),
        high=None if expected is None else _end(expected.high),
        yesterday=around.yesterday,
        last_week=around.last_week,
        side=_side(value, expected, shares),
        since=around.since,
        shares=_merged(shares),
        nearest=around.nearest,
    )


def reasons_of(
    card: ReasonCard, severity: Severity, score: float, threshold: float, at: float, spec: MetricSpec
) -> tuple[str, ...]:
    """The card as sentences without full stops, the strongest first.

    ``threshold`` is the score that the verdict asks for, ``at`` the reading's time.
    """
    reasons = [_limit(severity, spec), _range(card), *(share.words for share in card.shares)]
    if not any(reasons):
        reasons = [_UNLIKE]
    for value, when in ((card.last_week, "last week"), (card.yesterday, "yesterday")):
        if value is not None:
            reasons.append(f"at this hour {when} it was {quantity(value, card.unit)}")
    if at > card.since:
        reasons.append(f"anomalous for {duration(at - card.since)}")
    reasons.append(f"score {score:.2f}, anomalous from {threshold:.3g}")
    # Two kinds of view may say the same: that of the day where nothing is known of earlier ones.
    return tuple(dict.fromkeys(reason for reason in reasons if reason))


def _merged(shares: Sequence[Share]) -> tuple[Share, ...]:
    """Views that say the same as one share: that of the day does, where nothing is known of earlier days."""
    by_words: dict[str, Share] = {}
    for share in shares:
        known = by_words.get(share.words)
        by_words[share.words] = share if known is None else replace(known, part=known.part + share.part)
    return tuple(sorted(by_words.values(), key=lambda share: -share.part))


def _limit(severity: Severity, spec: MetricSpec) -> str:
    threshold = {Severity.HIGH: spec.high, Severity.CRITICAL: spec.critical}.get(severity)
    return "" if threshold is None else f"{severity}: {spec.direction} {quantity(threshold, spec.unit)}"


def _range(card: ReasonCard) -> str:
    """Where the value lies outside the expected range, if it does."""
    low = -math.inf if card.low is None else card.low
    high = math.inf if card.high is None else card.high
    if low <= card.observed <= high:
        return ""
    side = "above" if card.observed > high else "below"
    return (
        f"{quantity(card.observed, card.unit)} is {side} the expected {quantity_range(low, high, card.unit)}"
    )


def _side(value: float, expected: ExpectedRange | None, shares: Sequence[Share]) -> Side:
    """Outside the expected range it is plain; inside, the strongest share tells."""
    if expected is not None and value > expected.high:
        return "above"
    if expected is not None and value < expected.low:
        return "below"
    return shares[0].side if shares else "unsteady"


def _end(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
