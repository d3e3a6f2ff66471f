"""Which of the lines around an event explain it, and why, in plain words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from backend.logs.line import LogLine
from backend.logs.templates import template

SHOWN = 200
"""Entries an answer holds at most."""

MARKED = 20
"""Templates that are marked at most: with more, none of them would stand out."""

# A line is marked from this product of novelty, level and closeness, each between 0 and 1.
_MARK_FROM = 0.3
_WEIGHT = {"FATAL": 1.0, "ERROR": 1.0, "WARN": 0.8, "INFO": 0.4, "UNKNOWN": 0.4, "DEBUG": 0.2, "TRACE": 0.2}
_FAR = 120.0  # seconds from the event at which closeness is a half
_BOOSTED_FROM = 2.0  # times the usual rate
_WHOLLY_BOOSTED = 5.0  # times the usual rate: then it is as much news as a new template
_SIGMAS = 3.0  # and this many standard deviations of a Poisson count above what is usual
_FEWEST_BOOSTED = 3
_SMOOTHING = 5.0  # lines a logger is taken to have written before we saw it


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


_Key = tuple[str, str, str, str]


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
    keys = [_key(line) for line in lines]
    groups: dict[_Key, _Group] = {}
    for key, line in zip(keys, lines, strict=True):
        groups.setdefault(key, _Group()).lines.append(line)
    usual = _Usual(baseline)
    for key, group in groups.items():
        group.score, group.reason = _judge(key, group.lines, seconds, usual, event_ts)
    best = sorted((g.score for g in groups.values()), reverse=True)[:MARKED]
    bar = max(_MARK_FROM, best[-1] if len(best) == MARKED else 0.0)
    entries: list[CorrelatedLine] = []
    shown: set[_Key] = set()
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


def root_cause(stack_trace: str) -> str:
    """The line of a stack trace that names what went wrong first: the last cause, or the exception itself.

    >>> root_cause("java.lang.A: a\\n\\tat x\\nCaused by: java.io.B: b\\n\\tat y")
    'java.io.B: b'
    """
    lines = stack_trace.strip().splitlines()
    for line in reversed(lines):
        if line.startswith("Caused by: "):
            return line.removeprefix("Caused by: ").strip()
    if lines and lines[0].startswith("Traceback "):  # Python names the exception last
        return lines[-1].strip()
    return lines[0].strip() if lines else ""


class _Usual:
    """How often each template and each logger spoke in the baseline."""

    def __init__(self, baseline: Baseline) -> None:
        self.seconds = baseline.seconds
        self.counts = Counter(map(_key, baseline.lines))
        self._lines: Counter[str] = Counter()
        self._once: Counter[str] = Counter()
        for key, count in self.counts.items():
            self._lines[key[1]] += count
            self._once[key[1]] += count == 1

    @property
    def empty(self) -> bool:
        """Nothing to compare with: the service has just begun to log, or seldom does."""
        return not self.counts

    def surprise(self, logger: str) -> float:
        """1 - the chance that this logger's next line is a template never seen (Good and Turing's estimate).

        A logger whose every line is unlike all others, by names we cannot mask, surprises nobody.
        """
        return 1 - self._once[logger] / (self._lines[logger] + _SMOOTHING)


def _judge(
    key: _Key, lines: Sequence[LogLine], seconds: float, usual: _Usual, event_ts: float
) -> tuple[float, str]:
    """Score 0..1 of one template's lines, and the reason in words."""
    level, cause = key[0], root_cause(lines[0].stack_trace)
    weight = 1.0 if cause else _WEIGHT[level]
    closeness = 1 / (1 + abs(lines[0].timestamp - event_ts) / _FAR)
    before = usual.counts[key]
    if usual.empty:
        # Only what is bad in itself can be told apart then.
        novelty = 1.0 if weight > _WEIGHT["INFO"] else 0.0
        reason = f"{level}; nothing was logged before to compare with"
    elif before == 0:
        novelty = usual.surprise(key[1])
        began = datetime.fromtimestamp(lines[0].timestamp, UTC)
        reason = f"{level}, new since {began:%H:%M:%S} UTC: not seen in the {_span(usual.seconds)} before"
    else:
        expected = before * seconds / max(usual.seconds, 1.0)
        ratio = len(lines) / expected
        enough = max(_FEWEST_BOOSTED, _BOOSTED_FROM * expected, expected + _SIGMAS * math.sqrt(expected))
        novelty = min(1.0, math.log(ratio, _WHOLLY_BOOSTED)) if len(lines) >= enough else 0.0
        times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
        reason = f"{level}, {times}× its usual rate ({len(lines)} lines in {_span(seconds)})"
    if cause:
        reason += f"; root cause: {cause[:300]}"
    return novelty * weight * closeness, reason


def _key(line: LogLine) -> _Key:
    cause = root_cause(line.stack_trace) if line.stack_trace else ""
    return line.level, line.logger, template(line.message), cause.partition(":")[0]


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


def _span(seconds: float) -> str:
    """A length of time in words: 10 min, 90 s."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
