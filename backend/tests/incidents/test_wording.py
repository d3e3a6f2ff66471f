"""What incidents say stays one readable line whatever the names and numbers are."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents import wording
from backend.metrics.quantity import duration
from backend.metrics.readings import ExpectedRange, SeriesKey, Severity
from backend.tests.incidents.builders import SPEC, firing


def test_without_a_model_the_title_names_the_threshold() -> None:
    reading = replace(firing(0.0), expected=None)
    assert wording.title(reading, SPEC) == "p99 latency on payment-service is 3,240 ms, above 3,000 ms"


def test_without_either_the_title_says_what_is_known() -> None:
    reading = replace(firing(0.0, severity=Severity.NORMAL), expected=None)
    assert wording.title(reading, SPEC) == "p99 latency on payment-service is 3,240 ms"


def test_a_value_on_its_threshold_is_not_said_to_be_above_it() -> None:
    assert (
        wording.standing(firing(0.0, value=3000.0), SPEC) == "p99 latency is Critical (3,000 ms, at 3,000 ms)"
    )


def test_direction_below_is_said_so() -> None:
    disk = replace(SPEC, title="Free disk", unit="percent", high=10.0, critical=5.0, direction="below")
    reading = firing(0.0, value=3.2)
    assert wording.standing(reading, disk) == "Free disk is Critical (3.2%, below 5%)"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("quo\"te's", "quo\"te's"),
        ("line\nbreak\ttab", "line\\nbreak\\ttab"),
        ("abc\u202efed", "abc\\u202efed"),
        ("👩\u200d💻-svc", "👩\u200d💻-svc"),
        ("שירות", "שירות"),
        ("", '""'),
        ("a" * 300, "a" * 40 + "…" + "a" * 39),
    ],
)
def test_names_of_any_characters_stand_in_one_line(name: str, shown: str) -> None:
    assert wording.shown_name(name) == shown


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.text(), numbers, numbers, numbers, st.sampled_from(["percent", "bytes", "milliseconds", "", "req/s"])
)
def test_a_title_is_one_line_and_always_the_same(
    service: str, value: float, low: float, high: float, unit: str
) -> None:
    reading = replace(
        firing(0.0, SeriesKey(service, "lat"), value=value),
        expected=ExpectedRange(min(low, high), max(low, high)),
    )
    spec = replace(SPEC, unit=unit)
    title = wording.title(reading, spec)
    assert title == wording.title(reading, spec)
    assert len(title) < 300
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in title)


@given(st.floats(min_value=0, max_value=1e9))
def test_a_duration_is_never_off_by_more_than_its_smaller_part(seconds: float) -> None:
    sizes = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    words = duration(seconds).split()
    parts = [(int(count), sizes[name]) for count, name in zip(words[::2], words[1::2], strict=True)]
    assert 1 <= len(parts) <= 2
    said = sum(count * size for count, size in parts)
    largest = parts[0][1]
    assert -1 <= seconds - said < max(1, largest)
