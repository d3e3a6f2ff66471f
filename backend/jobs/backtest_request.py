"""What a backtest is asked for, and whether that can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.clock import from_rfc3339, to_rfc3339
from backend.settings import DetectorName, PolicyName, Sensitivity, parse_duration

MOST_POLLS = 1_000_000
"""Readings of one pair: 173 days at 15 s."""


class BacktestRefused(ValueError):
    """The request cannot be; the text says which part, and what is allowed."""


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """The range in seconds since the epoch, and which pairs; None: all.

    Where ``sensitivity``, ``policy`` or ``detector`` is given, it is compared with the present settings.
    """

    start: float
    end: float
    service: str | None = None
    metric: str | None = None
    sensitivity: Sensitivity | None = None
    policy: PolicyName | None = None
    detector: DetectorName | None = None

    @property
    def compares(self) -> bool:
        """Whether other settings than the present ones are asked about."""
        return (self.sensitivity, self.policy, self.detector) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Judging:
    """The settings that decide what fires; ``sensitivity`` by metric, ``dedup_window`` in seconds."""

    detector: DetectorName
    policy: PolicyName
    sensitivity: Mapping[str, Sensitivity]
    dedup_window: float


def moment(text: str, now: float) -> float:
    """An RFC 3339 time, or a Prometheus duration back from ``now`` -> seconds since the epoch, 1970 on.

    Raises ValueError that says what is allowed.
    """
    try:
        return max(0.0, now - parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = from_rfc3339(text)
    except (ValueError, OverflowError):
        found = -1.0
    if found < 0:
        raise ValueError("a time from 1970 on such as 2026-01-31T09:30:00Z, or a duration back such as 14d")
    return found


def check(request: BacktestRequest, now: float, interval: float) -> None:
    """Raises BacktestRefused for a range that is empty, too long, or not over yet."""
    start, end = request.start, request.end
    if end > now:
        raise BacktestRefused(f"end: found {to_rfc3339(end)}; allowed: up to now, {to_rfc3339(now)}")
    if end < start:
        raise BacktestRefused(
            f"start: found {to_rfc3339(start)}, which lies after end, {to_rfc3339(end)}; swap them"
        )
    if end - start < interval:
        raise BacktestRefused(f"start: the range is shorter than one poll ({interval:g} s); begin earlier")
    if end - start > MOST_POLLS * interval:
        days = MOST_POLLS * interval / 86400
        raise BacktestRefused(
            f"start: found {to_rfc3339(start)}; allowed: at most {days:.0f} days before end, "
            f"{MOST_POLLS:,} polls"
        )
    if request.detector == "isolation_forest" and request.sensitivity is not None:
        raise BacktestRefused(
            "sensitivity: the classic forest has none, training.contamination sets its threshold; leave it"
        )
