"""The newest poll as the API shows it: one immutable report, swapped whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.metrics.readings import Reading, SeriesKey, Severity, State


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one poll found.

    ``recent`` holds each pair's newest values, oldest first, None where one is missing.
    """

    timestamp: float
    services: tuple[str, ...] = ()
    readings: Mapping[SeriesKey, Reading] = field(default_factory=dict)
    recent: Mapping[SeriesKey, list[float | None]] = field(default_factory=dict)
    seconds: float = 0.0

    def of_service(self, service: str) -> dict[str, Reading]:
        """The service's readings by metric."""
        return {key.metric: reading for key, reading in self.readings.items() if key.service == service}

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
