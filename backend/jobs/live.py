"""The newest poll as the API shows it: one immutable report, swapped whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.metrics.readings import Reading, SeriesKey, Severity, State


@dataclass(frozen=True, slots=True, eq=False)
class CycleReport:
    """What one poll found; it is equal to itself alone, so that what was made of it is known by it.

    ``recent`` holds each pair's newest values, oldest first, None where one is missing. ``by_service`` has
    every service, with its readings by metric.
    """

    timestamp: float
    services: tuple[str, ...] = ()
    readings: Mapping[SeriesKey, Reading] = field(default_factory=dict)
    recent: Mapping[SeriesKey, list[float | None]] = field(default_factory=dict)
    seconds: float = 0.0
    by_service: Mapping[str, Mapping[str, Reading]] = field(init=False)

    def __post_init__(self) -> None:
        grouped: dict[str, dict[str, Reading]] = {service: {} for service in self.services}
        for (service, metric), reading in self.readings.items():
            grouped.setdefault(service, {})[metric] = reading
        object.__setattr__(self, "by_service", grouped)

    def states(self) -> dict[State, int]:
        """Pairs by the state in which they ended the poll."""
        counts = dict.fromkeys(State, 0)
        for reading in self.readings.values():
            counts[reading.state] += 1
        return counts


def worst(readings: Mapping[str, Reading]) -> Severity:
    """The highest severity among a service's readings."""
    return max(
        (reading.severity for reading in readings.values()), key=lambda s: s.rank, default=Severity.NORMAL
    )


class Live:
    """Holds the newest report; assignment is atomic, readers take it once and keep it."""

    def __init__(self) -> None:
        self.report: CycleReport | None = None
