"""What a backtest is asked for, and whether that can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.clock import from_rfc3339, to_rfc3339
from backend.settings import DetectorName, PolicyName, Sensitivity, parse_duration

MOST_POLLS = 1_000_000
"""Readings of one pair: 173 days at 15 s."""


class BacktestRefused(ValueError):
    """The request cannot be: ``part``, by its name in BacktestRequest, is wrong; empty where no one part is.

    ``text`` says what was found and what is allowed.
    """

    def __init__(self, text: str, part: str = "") -> None:
        super().__init__(f"{part}: {text}" if part else text)
        self.part, self.text = part, text


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
    """An RFC 3339 time, a duration back from ``now``, or "now" -> seconds since the epoch, 1970 on.

    Raises ValueError that says what is allowed.
    """
    if text == "now":
        return now
    try:
        return max(0.0, now - parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = from_rfc3339(text)
    except (ValueError, OverflowError):
        found = -1.0
    if found < 0:
        raise ValueError(
            "a time from 1970 on such as 2026-01-31T09:30:00Z, a duration back such as 14d, or now"
        )
    return found


def check(request: BacktestRequest, now: float, interval: float) -> None:
    """Raises BacktestRefused for a range that is empty, too long, or not over yet."""
    start, end = request.start, request.end
    if end > now:
        raise BacktestRefused(f"found {to_rfc3339(end)}; allowed: up to now, {to_rfc3339(now)}", "end")
    if end < start:
        raise BacktestRefused(
            f"found {to_rfc3339(start)}, which lies after the end, {to_rfc3339(end)}; swap them", "start"
        )
    if end - start < interval:
        raise BacktestRefused(f"the range is shorter than one poll ({interval:g} s); begin earlier", "start")
    if end - start > MOST_POLLS * interval:
        days = MOST_POLLS * interval / 86400
        raise BacktestRefused(
            f"found {to_rfc3339(start)}; allowed: at most {days:.0f} days before the end, "
            f"{MOST_POLLS:,} polls",
            "start",
        )
    if request.detector == "isolation_forest" and request.sensitivity is not None:
        raise BacktestRefused(
            "the classic forest has none, training.contamination sets its threshold; leave it", "sensitivity"
        )
