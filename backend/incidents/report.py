"""An incident as a Markdown page, to be pasted into a ticket; the same incident gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from backend.clock import to_rfc3339
from backend.incidents.incident import Incident, IncidentReading
from backend.incidents.wording import one_line
from backend.logs.correlation import CorrelatedLine
from backend.metrics.cards import ReasonCard
from backend.metrics.quantity import duration, quantity, quantity_range

_LONGEST = 1000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def markdown(incident: Incident) -> str:
    """The whole page. What came from labels, logs and operators is text in it, never markup."""
    parts = [
        f"# Incident #{incident.id}: {_text(incident.title)}",
        "\n".join(f"- {name}: {value}" for name, value in _facts(incident)),
        _text(incident.reason),
    ]
    if incident.card is not None:
        parts += ["## Why", "\n".join(f"- {clause}" for clause in _why(incident.card))]
    if incident.readings:
        parts += ["## Readings that fired", "\n".join(_readings(incident))]
    parts.append("## Log lines")
    if incident.logs:
        parts += [
            'Those that begin with ">" explain the event.',
            _fenced("\n".join(map(_log_line, incident.logs))),
        ]
    else:
        parts.append("None around the event.")
    parts += ["## Timeline", "\n".join(_timeline(incident))]
    return "\n\n".join(parts) + "\n"


def _facts(incident: Incident) -> Iterator[tuple[str, str]]:
    yield "Service", _text(incident.service)
    yield "Metric", f"{_text(incident.metric_title)} ({_text(incident.metric)})"
    yield "Severity", incident.severity
    reason = f" ({incident.resolve_reason})" if incident.resolve_reason else ""
    yield "Status", f"{incident.status.capitalize()}{reason}"
    yield "Event", to_rfc3339(incident.event_ts)
    lasted = duration(incident.last_fired_at - incident.event_ts)
    yield "Last fired", f"{to_rfc3339(incident.last_fired_at)} ({lasted} after the event)"
    yield "Opened", to_rfc3339(incident.opened_at)
    if incident.resolved_at is not None:
        yield "Resolved", to_rfc3339(incident.resolved_at)
    if incident.feedback:
        yield "Was this right?", incident.feedback
    yield "Policy", _text(incident.policy)
    yield "Fingerprint", incident.fingerprint


def _why(card: ReasonCard) -> Iterator[str]:
    for share in card.shares:
        yield f"{_text(share.words)} ({share.part:.0%} of the score)"
    for value, when in ((card.last_week, "last week"), (card.yesterday, "yesterday")):
        if value is not None:
            yield f"At this hour {when}: {_text(quantity(value, card.unit))}"
    yield f"Anomalous since {to_rfc3339(card.since)}"
    if card.nearest is not None:
        past = card.nearest
        yield f"Like incident \\#{past.id} of {to_rfc3339(past.opened_at)}: {_text(past.resolution)}"


def _readings(incident: Incident) -> Iterator[str]:
    yield "| Time | Value | Expected | Score | Severity |"
    yield "|---|---:|---:|---:|---|"
    for reading in incident.readings:
        yield f"| {' | '.join(_cells(reading, incident.unit))} |"
    unseen = incident.reading_count - len(incident.readings)
    if unseen > 0:
        yield f"\n{unseen:,} more fired; an incident keeps its first {len(incident.readings)}."


def _cells(reading: IncidentReading, unit: str) -> Iterable[str]:
    expected = "" if reading.expected is None else quantity_range(*reading.expected, unit)
    score = "" if reading.score is None else f"{reading.score:.2f}"
    shown = quantity(reading.value, unit), expected
    return (to_rfc3339(reading.timestamp), *map(_text, shown), score, reading.severity)


def _log_line(correlated: CorrelatedLine) -> str:
    line = correlated.line
    mark = ">" if correlated.explains else " "
    times = f" (x {correlated.count})" if correlated.count > 1 else ""
    text = (
        f"{mark} {to_rfc3339(line.timestamp)} {line.level} {one_line(line.message.strip(), _LONGEST)}{times}"
    )
    return f"{text}\n    {correlated.reason}" if correlated.explains and correlated.reason else text


def _timeline(incident: Incident) -> Iterator[str]:
    for entry in incident.timeline:
        yield f"- {to_rfc3339(entry.at)}, {entry.kind} by {entry.actor}: {_text(entry.text)}"


def _text(words: str) -> str:
    """Words from elsewhere on one line, with what Markdown or HTML would act on escaped."""
    return _SPECIAL.sub(r"\\\1", one_line(words, 10 * _LONGEST))


def _fenced(block: str) -> str:
    """A code block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{block}\n{fence}"
