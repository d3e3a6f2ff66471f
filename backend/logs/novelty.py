"""How much news a template is: new, or far more frequent than in the time before; in numbers and in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from backend.logs.levels import UNKNOWN
from backend.logs.line import LogLine
from backend.logs.templates import template

WEIGHT = {"FATAL": 1.0, "ERROR": 1.0, "WARN": 0.8, "INFO": 0.4, UNKNOWN: 0.4, "DEBUG": 0.2, "TRACE": 0.2}
"""How much a level's news matters, 0..1."""

_BOOSTED_FROM = 2.0  # times the usual rate
_WHOLLY_BOOSTED = 5.0  # times the usual rate: then it is as much news as a new template
_SIGMAS = 3.0  # and this many standard deviations of a Poisson count above what is usual
_FEWEST_BOOSTED = 3
_SMOOTHING = 5.0  # lines a logger is taken to have written before we saw it


class Statement(NamedTuple):
    """What lines of one log statement share. ``cause`` is the class of the exception, empty without one."""

    level: str
    logger: str
    template: str
    cause: str


class Novelty(NamedTuple):
    """``score`` 0 (as usual) .. 1 (wholly new), ``expected`` lines at the usual rate, ``reason`` in words."""

    score: float
    expected: float
    reason: str


def statement_of(line: LogLine) -> Statement:
    """The statement that wrote the line."""
    return Statement(line.level, line.logger, template(line.message), cause_class(line.stack_trace))


def cause_class(stack_trace: str) -> str:
    """The class of a stack trace's root cause, without its message; empty without a trace."""
    return root_cause(stack_trace).partition(":")[0] if stack_trace else ""


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


class Usual:
    """How often each statement and each logger spoke in the ``seconds`` before."""

    def __init__(self, counts: Mapping[Statement, int], seconds: float) -> None:
        self._seconds, self._counts = seconds, Counter(counts)
        self._lines: Counter[str] = Counter()
        self._once: Counter[str] = Counter()
        for statement, count in counts.items():
            self._lines[statement.logger] += count
            self._once[statement.logger] += count == 1

    def count(self, statement: Statement) -> int:
        """How many lines of it there were."""
        return self._counts[statement]

    def novelty(self, statement: Statement, count: int, first: float, seconds: float) -> Novelty:
        """What ``count`` lines in ``seconds``, the first at the time ``first``, say against what is usual."""
        level, before = statement.level, self._counts[statement]
        if not self._counts:
            # The service has just begun to log, or seldom does: only what is bad in itself stands out.
            score = 1.0 if statement.cause or WEIGHT[level] > WEIGHT["INFO"] else 0.0
            return Novelty(score, 0.0, f"{level}; nothing was logged before to compare with")
        if before == 0:
            began = datetime.fromtimestamp(first, UTC)
            since = f"{level}, new since {began:%H:%M:%S} UTC"
            return Novelty(
                self._surprise(statement.logger),
                0.0,
                f"{since}: not seen in the {in_words(self._seconds)} before",
            )
        expected = before * seconds / max(self._seconds, 1.0)
        ratio = count / expected
        enough = max(_FEWEST_BOOSTED, _BOOSTED_FROM * expected, expected + _SIGMAS * math.sqrt(expected))
        score = min(1.0, math.log(ratio, _WHOLLY_BOOSTED)) if count >= enough else 0.0
        times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
        return Novelty(
            score, expected, f"{level}, {times}× its usual rate ({count} lines in {in_words(seconds)})"
        )

    def _surprise(self, logger: str) -> float:
        """1 - the chance that this logger's next line is a template never seen (Good and Turing's estimate).

        A logger whose every line is unlike all others, by names we cannot mask, surprises nobody.
        """
        return 1 - self._once[logger] / (self._lines[logger] + _SMOOTHING)


def in_words(seconds: float) -> str:
    """A length of time: 10 min, 90 s."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
