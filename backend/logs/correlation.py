"""Which of the lines around an event explain it, and why, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from backend.logs.line import LogLine
from backend.logs.novelty import WEIGHT, Statement, Usual, root_cause, statement_of

SHOWN = 200
"""Entries an answer holds at most."""

MARKED = 20
"""Templates that are marked at most: with more, none of them would stand out."""

# A line is marked from this product of novelty, level and closeness, each between 0 and 1.
_MARK_FROM = 0.3
_FAR = 120.0  # seconds from the event at which closeness is a half


@dataclass(frozen=True, slots=True)
class CorrelatedLine:
    """A line around an event. ``count`` lines like it were joined into it, the first of them shown.

    ``reason`` says why it ``explains`` the event; empty if it does not.
    """

    line: LogLine
    explains: bool
    reason: str
    count: int = 1


class Baseline(NamedTuple):
    """The lines of the ``seconds`` before the lines around the event."""

    lines: Sequence[LogLine]
    seconds: float


@dataclass(slots=True)
class _Group:
    """The lines of one template in the window."""

    lines: list[LogLine] = field(default_factory=list)
    score: float = 0.0
    reason: str = ""


def correlate(
    lines: Sequence[LogLine], seconds: float, baseline: Baseline, event_ts: float, limit: int = SHOWN
) -> list[CorrelatedLine]:
    """Mark the lines that explain the event at ``event_ts``; at most ``limit`` entries, in time order.

    ``lines`` are those of a window of ``seconds``, in time order. A template explains when it is new or
    far more frequent than in the baseline, by its level, and by how close to the event it began; what was
    as frequent before does not, be it an ERROR. Lines of a template that explains are joined into its first;
    others only where the same text repeats at once. Over ``limit``, the lines farthest from the event go.
    """
    keys = [statement_of(line) for line in lines]
    groups: dict[Statement, _Group] = {}
    for key, line in zip(keys, lines, strict=True):
        groups.setdefault(key, _Group()).lines.append(line)
    usual = Usual(Counter(map(statement_of, baseline.lines)), baseline.seconds)
    for key, group in groups.items():
        group.score, group.reason = _judge(key, group.lines, seconds, usual, event_ts)
    best = sorted((g.score for g in groups.values()), reverse=True)[:MARKED]
    bar = max(_MARK_FROM, best[-1] if len(best) == MARKED else 0.0)
    entries: list[CorrelatedLine] = []
    shown: set[Statement] = set()
    for key, line in zip(keys, lines, strict=True):
        group = groups[key]
        if group.score >= bar:
            if key not in shown:
                entries.append(CorrelatedLine(line, True, group.reason, len(group.lines)))
                shown.add(key)
        elif entries and _repeats(entries[-1], line):
            entries[-1] = CorrelatedLine(entries[-1].line, False, "", entries[-1].count + 1)
        else:
            entries.append(CorrelatedLine(line, False, ""))
    return _bounded(entries, event_ts, limit)


def _judge(
    statement: Statement, lines: Sequence[LogLine], seconds: float, usual: Usual, event_ts: float
) -> tuple[float, str]:
    """Score 0..1 of one statement's lines, and the reason in words."""
    cause = root_cause(lines[0].stack_trace)
    weight = 1.0 if cause else WEIGHT[statement.level]
    closeness = 1 / (1 + abs(lines[0].timestamp - event_ts) / _FAR)
    novelty = usual.novelty(statement, len(lines), lines[0].timestamp, seconds)
    reason = f"{novelty.reason}; root cause: {cause[:300]}" if cause else novelty.reason
    return novelty.score * weight * closeness, reason


def _repeats(entry: CorrelatedLine, line: LogLine) -> bool:
    last = entry.line
    return (
        not entry.explains
        and last.message == line.message
        and last.level == line.level
        and last.logger == line.logger
        and last.service == line.service
        and last.stack_trace == line.stack_trace
    )


def _bounded(entries: list[CorrelatedLine], event_ts: float, limit: int) -> list[CorrelatedLine]:
    if len(entries) <= limit:
        return entries
    by_worth = sorted(
        range(len(entries)),
        key=lambda i: (not entries[i].explains, abs(entries[i].line.timestamp - event_ts)),
    )
    return [entries[i] for i in sorted(by_worth[:limit])]
