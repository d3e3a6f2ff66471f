"""Times as text: RFC 3339 and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.clock import from_rfc3339, to_rfc3339

zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(datetime.fromtimestamp, st.floats(0, 253402214400), zones)


@given(times, st.sampled_from(["T", "t"]))
def test_every_rfc_3339_time_is_read_at_its_offset(moment: datetime, separator: str) -> None:
    assert from_rfc3339(moment.isoformat().replace("T", separator)) == moment.timestamp()


@given(times)
def test_a_plus_that_a_query_has_turned_into_a_blank_is_read_as_one(moment: datetime) -> None:
    assert from_rfc3339(moment.isoformat().replace("+", " ")) == moment.timestamp()


@given(st.integers(0, 253402300799999))
def test_what_we_write_we_read(millis: int) -> None:
    assert round(from_rfc3339(to_rfc3339(millis / 1000)) * 1000) == millis


# RFC 3339, section 5.6, in its own words: full-date "T" full-time.
GRAMMAR = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
PIECES = "2026 - 11 21 W47 6 326 T t 17 24 10 00 60 : . , 123456789 Z z + +02:00 -23:59 +02 +0200 +24:00"
pieces = st.sampled_from([*PIECES.split(), " "])


@given(st.one_of(st.text(max_size=30), st.lists(pieces, max_size=14).map("".join)))
@example("2026-W47-6T17:10:00Z")
@example("20261121T171000Z")
@example("2026-11-21T17:10Z")
@example("2026-11-21T17Z")
@example("2026-11-21T17:10:00,5Z")
@example("2026-11-21T17:10:00+02")
@example("2026-11-21T17:10:00+0200")
@example("2026-11-21T17:10:00+02:00:30")
@example("2026-11-21T17:10:00")
@example("2026-11-21 17:10:00Z")
@example("2026-11-21T17:10:00Z\n")
@example("٢٠٢٦-11-21T17:10:00Z")
@example("2026-02-30T17:10:00Z")
@example("2026-11-21T24:00:00Z")
def test_nothing_else_is_taken(text: str) -> None:
    try:
        moment = from_rfc3339(text)
    except ValueError:
        return
    assert GRAMMAR.fullmatch(text.replace(" ", "+").upper())
    assert datetime.fromtimestamp(moment, UTC) is not None


def test_the_refusal_says_what_is_wanted() -> None:
    with pytest.raises(ValueError, match="RFC 3339 time with its UTC offset"):
        from_rfc3339("2026-11-21T17:10:00")
