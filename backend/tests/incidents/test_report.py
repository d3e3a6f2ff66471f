"""The Markdown page of an incident: whole, the same each time, and nothing in it is markup but our own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.acts import comment, resolve
from backend.incidents.incident import Incident, ResolveReason
from backend.incidents.report import markdown
from backend.logs.correlation import CorrelatedLine
from backend.logs.line import LogLine
from backend.metrics.cards import PastIncident, ReasonCard, Share
from backend.metrics.readings import SeriesKey
from backend.tests.incidents.builders import new_incident

CARD = ReasonCard(
    observed=3240.0,
    unit="milliseconds",
    low=12.0,
    high=85.0,
    yesterday=None,
    last_week=36.4,
    side="above",
    since=985.0,
    shares=(Share("level", "value", 0.583, "above", "far above its usual level"),),
    nearest=PastIncident(
        3, "payment-service", "lat", "p99", 100.0, 160.0, "Resolved, it was noise: <b>x</b>"
    ),
)
EXPECTED = Path(__file__).with_name("report.md")


def line(message: str, *, explains: bool = False, count: int = 1) -> CorrelatedLine:
    reason = "new message just before the event" if explains else ""
    return CorrelatedLine(LogLine(990.0, "payment-service", "ERROR", message), explains, reason, count)


def whole() -> Incident:
    lines = (line("pool exhausted (10/10)", explains=True, count=38), line("```\n# not a heading"))
    incident = replace(new_incident(lines=lines), id=7, reading_count=203, card=CARD)
    said = comment(incident, 1500.0, "see <img src=x onerror=alert(1)> | *all* of it")
    return resolve(said, 2000.0, ResolveReason.REAL, "rolled back")


def test_the_page_is_these_bytes() -> None:
    assert markdown(whole()) == EXPECTED.read_text(encoding="utf-8")


@given(st.text(), st.text())
def test_whatever_names_and_comments_hold_the_page_keeps_its_shape(name: str, words: str) -> None:
    incident = replace(new_incident(key=SeriesKey(name, "lat"), lines=(line(words),)), id=7)
    page = markdown(comment(incident, 1500.0, f"x{words}"))
    headings = [text for text in page.split("\n") if text.startswith("#")]
    assert len(headings) == 4
    outside = re.sub(r"(`{3,})text\n.*?\n\1", "", page, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[<`\[]", outside)
