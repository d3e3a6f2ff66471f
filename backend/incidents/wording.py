"""What incidents say, in plain words for someone woken at 3 a.m.; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from backend.logs.correlation import CorrelatedLine
from backend.metrics.cards import Artefact
from backend.metrics.catalogue import MetricSpec
from backend.metrics.quantity import duration, quantity, quantity_range
from backend.metrics.readings import Reading, Severity
from backend.metrics.visible import visible

_LONGEST_NAME = 80
_LONGEST_MESSAGE = 160

RESOLVED: dict[str | None, str] = {
    None: "Resolved",
    "real": "Resolved, it was a real problem",
    "expected": "Resolved, it was expected",
    "noise": "Resolved, it was noise",
    "maintenance": "Resolved, it was maintenance",
}
FEEDBACK = {
    "yes": "Was this right? Yes.",
    "expected": "Was this right? No, it was expected.",
    "noise": "Was this right? No, it was noise.",
}


def title(reading: Reading, spec: MetricSpec) -> str:
    """One line: what is wrong where, and what was expected instead. ``reading.value`` must be there.

    For example ``p99 latency on payment-service is 3,240 ms, expected 12–85 ms``.
    """
    assert reading.value is not None
    what = f"{spec.title} on {shown_name(reading.key.service)} is {quantity(reading.value, spec.unit)}"
    if reading.expected is not None:
        low, high = reading.expected
        return f"{what}, expected {quantity_range(low, high, spec.unit)}"
    beyond = _beyond(reading, spec)
    return f"{what}, {beyond}" if beyond else what


def standing(reading: Reading, spec: MetricSpec) -> str:
    """Where the value stands: ``p99 latency is Critical (3,240 ms, above 3,000 ms)``."""
    assert reading.value is not None
    beyond = _beyond(reading, spec)
    detail = quantity(reading.value, spec.unit) + (f", {beyond}" if beyond else "")
    return f"{spec.title} is {reading.severity} ({detail})"


def shown_name(service: str) -> str:
    """A service's name as it may stand inside one line of text; the incident's ``service`` keeps the name."""
    return one_line(service, _LONGEST_NAME) or '""'


def one_line(text: str, longest: int) -> str:
    """Text from elsewhere, as it may stand inside a sentence of ours.

    Control and direction characters are written as escapes (they would break the line or turn the words
    after it around), and what is too long is cut in its middle.
    """
    text = visible(text)
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[half + 1 - longest :]}"


def with_comment(sentence: str, comment: str) -> str:
    """The sentence, then the operator's words where there are any."""
    words = comment.strip()
    return f"{sentence}: {words}" if words else f"{sentence}."


def logs_found(explaining: Sequence[CorrelatedLine]) -> str:
    """What the timeline says of log lines that explain the event; ``explaining`` holds at least one.

    For example ``The logs help to explain it: "Connection is not available" (38 times) and 2 more.``
    """
    first, *more = explaining
    message = one_line(first.line.message.strip().partition("\n")[0], _LONGEST_MESSAGE)
    times = f" ({first.count:,} times)" if first.count > 1 else ""
    return f'The logs help to explain it: "{message}"{times}' + (f" and {len(more)} more." if more else ".")


def happened_before(artefact: Artefact, event_ts: float) -> str:
    """What the timeline says of an artefact near the event: ``It restarted, 40 s before.``"""
    before = event_ts - artefact.since
    when = f"{duration(before)} before" if before >= 1 else "at the same time"
    return f"{artefact.words[:1].upper()}{artefact.words[1:]}, {when}."


def held_back(artefact: Artefact, at: float) -> str:
    """Why a reading of time ``at`` opens nothing: ``held back: it restarted 40 s ago; ...``"""
    assert artefact.settles_at is not None
    return (
        f"held back: {artefact.words} {duration(at - artefact.since)} ago; "
        f"what is still wrong in {duration(artefact.settles_at - at)} opens an incident"
    )


def _beyond(reading: Reading, spec: MetricSpec) -> str:
    """``above 3,000 ms``: the threshold that the reading's severity stands for, empty where there is none."""
    bound = {Severity.NORMAL: None, Severity.HIGH: spec.high, Severity.CRITICAL: spec.critical}[
        reading.severity
    ]
    if bound is None:
        return ""
    relation = "at" if reading.value == bound else spec.direction
    return f"{relation} {quantity(bound, spec.unit)}"
