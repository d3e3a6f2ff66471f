"""The log lines around an event, those that explain it marked: for GET /logs and for incidents alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from backend.logs.correlation import SHOWN, Baseline, CorrelatedLine, correlate
from backend.logs.store import LogStore

BASELINE = 600.0
"""Seconds before the window that tell what is usual."""

_MOST_LINES = 20_000  # of the window, and of the baseline, that are looked at


@dataclass(frozen=True, slots=True)
class LogWindow:
    """What the logs say from ``start`` to ``end`` (seconds since the epoch).

    ``total`` counts the lines that fit the filters; ``truncated`` if not all of them are in ``lines``,
    joined or alone.
    """

    lines: list[CorrelatedLine]
    total: int
    truncated: bool
    start: float
    end: float


def explain_event(
    store: LogStore,
    service: str,
    event_ts: float,
    before: float,
    after: float,
    levels: Collection[str] = (),
    q: str = "",
    limit: int = SHOWN,
) -> LogWindow:
    """The lines of ``service`` from ``before`` seconds before the event to ``after`` seconds after it.

    ``levels`` and ``q`` filter as in LogStore.around; ``limit`` bounds the entries. Raises LogStoreError.
    """
    start, end = event_ts - before, event_ts + after
    found = store.around(service, start, end, levels, q, limit=_MOST_LINES, nearest=event_ts)
    lines = correlate(found.lines, end - start, _baseline(store, service, start), event_ts, limit)
    return LogWindow(lines, found.total, sum(line.count for line in lines) < found.total, start, end)


def _baseline(store: LogStore, service: str, end: float) -> Baseline:
    """The time before ``end``, as far as its lines are known: a log that begins later is no silence."""
    earliest = store.earliest(service)
    if earliest is None or earliest >= end:
        return Baseline([], BASELINE)
    found = store.around(service, end - BASELINE, end, limit=_MOST_LINES)
    known_from = max(end - BASELINE, earliest)
    if found.truncated:
        known_from = found.lines[0].timestamp
    return Baseline(found.lines, max(end - known_from, 1.0))
