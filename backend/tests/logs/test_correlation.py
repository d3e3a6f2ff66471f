"""Lines that an operator would point at are marked, with the reason; the usual noise is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.logs.correlation import Baseline, CorrelatedLine, correlate
from backend.logs.levels import LEVELS
from backend.logs.line import LogLine
from backend.logs.novelty import root_cause
from backend.logs.search import explain_event
from backend.logs.store import LogStore
from backend.logs.templates import template

EVENT = 1_767_276_131.0  # 14:02:11 UTC
TIMEOUT = (
    "a.PayException: x\n\tat a.B\nCaused by: java.net.SocketTimeoutException: Read timed out\n\tat c.D\n"
)


def line(offset: float, message: str, level: str = "INFO", stack: str = "", logger: str = "o.Pay") -> LogLine:
    return LogLine(EVENT + offset, "pay", level, message, logger, stack_trace=stack)


def usual(seconds: float = 600) -> Baseline:
    """One request a second, and a WARN every ten seconds that nobody minds."""
    lines = [line(-60 - seconds + n, f"order {n} paid in {n % 40} ms") for n in range(int(seconds))]
    lines += [line(-60 - seconds + n, f"cache miss {n}", "WARN") for n in range(0, int(seconds), 10)]
    return Baseline(lines, seconds)


def around(*extra: LogLine) -> list[LogLine]:
    lines = [line(n, f"order {n} paid in {n % 40} ms") for n in range(-60, 30)]
    lines += [line(n, f"cache miss {n}", "WARN") for n in range(-60, 30, 10)]
    return sorted([*lines, *extra], key=lambda one: one.timestamp)


def marked(entries: list[CorrelatedLine]) -> dict[str, str]:
    return {entry.line.message: entry.reason for entry in entries if entry.explains}


def test_nothing_is_marked_when_all_is_as_usual() -> None:
    assert marked(correlate(around(), 90, usual(), EVENT)) == {}


def test_a_new_error_is_marked_once_with_its_count_and_root_cause() -> None:
    errors = [line(n * 0.5, f"payment {n} failed", "ERROR", TIMEOUT) for n in range(20)]
    entries = correlate(around(*errors), 90, usual(), EVENT)
    assert marked(entries) == {
        "payment 0 failed": "ERROR, new since 14:02:11 UTC: not seen in the 10 min before; "
        "root cause: java.net.SocketTimeoutException: Read timed out"
    }
    assert [entry.count for entry in entries if entry.explains] == [20]


def test_an_error_as_frequent_as_before_is_not_marked() -> None:
    noise = [line(-660 + n, f"cannot reach mirror {n}", "ERROR") for n in range(0, 600, 20)]
    baseline = Baseline([*usual().lines, *noise], 600)
    lines = around(*(line(n, f"cannot reach mirror {n}", "ERROR") for n in range(-60, 30, 20)))
    assert marked(correlate(lines, 90, baseline, EVENT)) == {}


def test_a_burst_of_a_known_warning_is_marked_with_its_rate() -> None:
    burst = [line(n * 0.1, f"cache miss {n}", "WARN") for n in range(99)]
    reasons = marked(correlate(around(*burst), 90, usual(), EVENT))
    assert list(reasons.values()) == ["WARN, 12× its usual rate (108 lines in 90 s)"]


def test_one_template_with_another_cause_is_new() -> None:
    known = [line(-660 + n, "request failed", "ERROR", "a.Known: x\n\tat y") for n in range(0, 600, 5)]
    baseline = Baseline([*usual().lines, *known], 600)
    lines = around(line(-1, "request failed", "ERROR", "b.New: y\n\tat z"))
    assert "root cause: b.New: y" in marked(correlate(lines, 90, baseline, EVENT))["request failed"]


def test_the_closer_and_the_more_severe_counts_more() -> None:
    lines = around(
        line(-59, "warming the index"), line(-2, "draining the pool"), line(-58, "disk full", "ERROR")
    )
    assert set(marked(correlate(lines, 90, usual(), EVENT))) == {"draining the pool", "disk full"}


def test_a_logger_whose_lines_are_never_alike_is_not_news() -> None:
    names = ["".join(chr(97 + (n >> shift) % 16) for shift in (0, 4, 8)) for n in range(700)]
    baseline = Baseline([line(-660 + n, f"hello {names[n]}", logger="o.Greeter") for n in range(600)], 600)
    lines = [line(n, f"hello {names[600 + n]}", logger="o.Greeter") for n in range(29)]
    assert marked(correlate(lines, 90, baseline, EVENT)) == {}


def test_without_a_baseline_only_what_is_bad_in_itself_is_marked() -> None:
    lines = [line(-1, "started"), line(0, "no route to host", "ERROR")]
    assert marked(correlate(lines, 90, Baseline([], 600), EVENT)) == {
        "no route to host": "ERROR; nothing was logged before to compare with"
    }


def test_the_answer_is_bounded_and_keeps_what_explains() -> None:
    lines = around(
        line(-50, "disk full", "ERROR"), *(line(n / 10, f"word{chr(97 + n % 26)}") for n in range(200))
    )
    entries = correlate(lines, 90, usual(), EVENT, limit=30)
    assert len(entries) == 30
    assert "disk full" in marked(entries)
    assert [e.line.timestamp for e in entries] == sorted(e.line.timestamp for e in entries)


def test_the_same_text_at_once_is_joined() -> None:
    entries = correlate([line(n, "tick") for n in range(5)] + [line(9, "tock")], 90, usual(), EVENT + 9999)
    assert [(entry.line.message, entry.count) for entry in entries] == [("tick", 5), ("tock", 1)]


messages = st.lists(st.sampled_from(["a", "b 1", "b 2", "c failed", "d"]), max_size=40)


@given(messages, messages, st.sampled_from(LEVELS), st.integers(1, 50))
def test_no_line_is_counted_twice(window: list[str], before: list[str], level: str, limit: int) -> None:
    lines = [line(n, text, level) for n, text in enumerate(window)]
    baseline = Baseline([line(-100 + n, text, level) for n, text in enumerate(before)], 600)
    entries = correlate(lines, 90, baseline, EVENT, limit)
    assert len(entries) <= limit
    assert sum(entry.count for entry in entries) <= len(lines)
    if len(entries) < limit:
        assert sum(entry.count for entry in entries) == len(lines)
    assert all(bool(entry.reason) == entry.explains for entry in entries)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("took 12ms", "took <*>"),
        ("took 3.5 s", "took <*> s"),
        ("from 10.2.3.4:8080 to fe80::1:2:3", "from <*> to <*>"),
        ("user 0f8fad5b-d9cb-469f-a165-70867728950e", "user <*>"),
        ("commit deadbeef01 done", "commit <*> done"),
        ("code 0xFF", "code <*>"),
        ("order-17 of shop-A", "order-<*> of shop-A"),
        ("facade decade", "facade decade"),
    ],
)
def test_what_varies_is_masked(message: str, expected: str) -> None:
    assert template(message) == expected


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_never_make_another_template(one: int, other: int) -> None:
    assert template(f"order {one} took {other} ms") == template(f"order {other} took {one} ms")


@given(st.text(max_size=200))
def test_any_text_has_a_template(text: str) -> None:
    assert not re.search(r"[0-9]{3}", template(text))


def test_root_cause_is_the_last_cause() -> None:
    assert root_cause(TIMEOUT) == "java.net.SocketTimeoutException: Read timed out"
    assert root_cause("Traceback (most recent call last):\n  File x\nValueError: no") == "ValueError: no"
    assert root_cause("a.B: c\n\tat d") == "a.B: c"
    assert root_cause("") == ""


def test_an_event_is_explained_out_of_the_store(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "l.db", 1e12, 100_000)
    failed = line(-3, "payment 7 failed", "ERROR", TIMEOUT)
    store.append(
        [*usual(300).lines, *around(failed, line(40, "too late"), line(-61, "order 1 paid in 2 ms"))]
    )
    window = explain_event(store, "pay", EVENT, before=60, after=30)
    assert (window.start, window.end, window.truncated) == (EVENT - 60, EVENT + 30, False)
    assert window.total == 90 + 9 + 1
    # The log begins six minutes before the event: no claim is made of the time before.
    [reason] = marked(window.lines).values()
    assert reason.startswith("ERROR, new since 14:02:08 UTC: not seen in the 5 min before")
    only = explain_event(store, "pay", EVENT, 60, 30, levels=["ERROR"], q="PAYMENT")
    assert [entry.line for entry in only.lines] == [failed]
    few = explain_event(store, "pay", EVENT, 60, 30, limit=5)
    assert (len(few.lines), few.total, few.truncated) == (5, 100, True)
    assert "payment 7 failed" in marked(few.lines)
    store.close()
