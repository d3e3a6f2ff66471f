"""Every format we promise to read, and anything at all, becomes one LogLine."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.logs.levels import LEVELS
from backend.logs.line import MAX_RAW, LogLine, parse_line
from backend.logs.text import MAX_TEXT

NEAR = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
AT = datetime(2026, 1, 1, 10, 15, 0, 67000, tzinfo=UTC).timestamp()
STACK = (
    "org.example.PaymentException: charge failed\n\tat org.example.Pay.charge(Pay.java:42)\n"
    "Caused by: java.net.SocketTimeoutException: Read timed out\n\t... 12 more\n"
)

# As Spring Boot's own structured logging writes them.
ECS_NESTED = orjson.dumps(
    {
        "@timestamp": "2026-01-01T10:15:00.067Z",
        "log": {"level": "ERROR", "logger": "org.example.Pay"},
        "process": {"pid": 39599, "thread": {"name": "http-nio-8080-exec-1"}},
        "service": {"name": "payment-service", "node": {}},
        "message": "charge failed",
        "trace.id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "error": {"type": "org.example.PaymentException", "message": "charge failed", "stack_trace": STACK},
        "ecs": {"version": "8.11"},
    }
)
ECS_DOTTED = orjson.dumps(
    {
        "@timestamp": "2026-01-01T10:15:00.067Z",
        "log.level": "ERROR",
        "log.logger": "org.example.Pay",
        "process.pid": 39599,
        "process.thread.name": "http-nio-8080-exec-1",
        "service.name": "payment-service",
        "message": "charge failed",
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        "error.type": "org.example.PaymentException",
        "error.stack_trace": STACK,
        "ecs.version": "8.11",
    }
)
LOGSTASH = orjson.dumps(
    {
        "@timestamp": "2026-01-01T12:15:00.067+02:00",
        "@version": "1",
        "message": "charge failed",
        "logger_name": "org.example.Pay",
        "thread_name": "http-nio-8080-exec-1",
        "level": "ERROR",
        "level_value": 40000,
        "service": "payment-service",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "stack_trace": STACK,
    }
)
GELF = orjson.dumps(
    {
        "version": "1.1",
        "short_message": "charge failed",
        "full_message": "charge failed\n\n" + STACK,
        "timestamp": 1767262500.067,
        "level": 3,
        "host": "payment-service",
        "_process_thread_name": "http-nio-8080-exec-1",
        "_log_logger": "org.example.Pay",
        "_trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "_error_stack_trace": STACK,
    }
)


@pytest.mark.parametrize(
    "raw", [ECS_NESTED, ECS_DOTTED, LOGSTASH, GELF], ids=["ecs", "dotted", "logstash", "gelf"]
)
def test_structured_formats_of_spring_boot_say_the_same(raw: bytes) -> None:
    assert parse_line(raw, "file-name", NEAR) == LogLine(
        timestamp=AT,
        service="payment-service",
        level="ERROR",
        message="charge failed",
        logger="org.example.Pay",
        thread="http-nio-8080-exec-1",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        stack_trace=STACK,
    )


def test_the_file_may_decide_the_service() -> None:
    assert parse_line(ECS_NESTED, "of-the-path", NEAR, own_service=False).service == "of-the-path"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"ts":1767262500.067,"lvl":"warning","msg":"slow"}', (AT, "WARN", "slow")),
        (b'{"level":50,"time":1767262500067,"msg":"boom","pid":1}', (AT, "ERROR", "boom")),
        (b'{"severity":"CRITICAL","timestamp":"2026-01-01 10:15:00,067","message":"m"}', (AT, "FATAL", "m")),
        (b'{"severityNumber":17,"timeUnixNano":"1767262500067000000","body":"m"}', (AT, "ERROR", "m")),
        (
            b'ts=2026-01-01T10:15:00.067Z level=warn msg="a \\"quoted\\" b" caller=x.go:3',
            (AT, "WARN", 'a "quoted" b'),
        ),
        (
            b"2026-01-01T10:15:00.067Z  INFO 1 --- [pay] [ main] o.e.Pay      : ready: now",
            (AT, "INFO", "ready: now"),
        ),
        (b"2026-01-01 10:15:00,067 ERROR [main] org.example.Pay: lost", (AT, "ERROR", "lost")),
        (b"2026-01-01 11:15:00.067 +0100 [main] WARN  org.example.Pay - late", (AT, "WARN", "late")),
        (b"10:15:00.067 [main] DEBUG org.example.Pay - x", (AT, "DEBUG", "x")),
        (b"[ERROR] it broke", (NEAR, "ERROR", "it broke")),
        (
            b'{"log":"2026-01-01T10:15:00.067Z WARN x\\n","stream":"stdout","time":"2026-01-01T11:00:00Z"}',
            (AT, "WARN", "x"),
        ),
        (b"2026-01-01T10:15:00.067Z stdout F hello there", (AT, "UNKNOWN", "hello there")),
        (b"just some words", (NEAR, "UNKNOWN", "just some words")),
        (b"I think ERROR handling works", (NEAR, "UNKNOWN", "I think ERROR handling works")),
        (b'{"level":true,"message":17}', (NEAR, "UNKNOWN", "17")),
        (b'{"level":"info","other":[1]}', (NEAR, "INFO", '{"level":"info","other":[1]}')),
        (b"[1,2,3]", (NEAR, "UNKNOWN", "[1,2,3]")),
    ],
)
def test_time_level_and_message(raw: bytes, expected: tuple[float, str, str]) -> None:
    line = parse_line(raw, "s", NEAR)
    assert (round(line.timestamp, 3), line.level, line.message) == expected


def test_a_plain_line_with_its_stack_trace() -> None:
    raw = b"2026-01-01T10:15:00.067Z ERROR 1 --- [main] o.e.Pay : charge failed\n" + STACK.encode()
    line = parse_line(raw, "s", NEAR)
    assert (line.message, line.logger, line.thread) == ("charge failed", "o.e.Pay", "main")
    assert line.stack_trace == STACK.rstrip()


def test_a_torn_json_line_is_kept_whole_and_still_says_when() -> None:
    line = parse_line(ECS_DOTTED[:90], "s", NEAR)
    assert (line.timestamp, line.level, line.message) == (AT, "ERROR", ECS_DOTTED[:90].decode())


def test_a_day_without_year_is_of_the_past_year() -> None:
    line = parse_line(b"Dec 31 23:00:00 host sshd[1]: failed", "s", NEAR)
    assert line.timestamp == datetime(2025, 12, 31, 23, tzinfo=UTC).timestamp()


def test_control_characters_are_made_visible() -> None:
    line = parse_line(b'{"message":"a\\u0000b\\u001b[31mred\\u202e"}', "s", NEAR)
    assert line.message == "a␀bred<U+202E>"
    assert parse_line(b"\xff\xfe\x07 x", "s", NEAR).message == "\ufffd\ufffd␇ x"


@pytest.mark.parametrize("size", [MAX_TEXT + 1, MAX_RAW + 1, 10_000_000])
def test_a_long_line_is_cut_and_says_so(size: int) -> None:
    line = parse_line(b"2026-01-01T10:15:00.067Z ERROR " + b"x" * size, "s", NEAR)
    assert (line.timestamp, line.level, line.raw_truncated) == (AT, "ERROR", True)
    assert len(line.message) <= MAX_TEXT
    assert "truncated" in line.message


def test_a_long_stack_trace_keeps_its_root_cause() -> None:
    stack = "a.B: c\n" + "\tat x.Y.z(Y.java:1)\n" * 10_000 + "Caused by: d.E: f\n"
    line = parse_line(orjson.dumps({"message": "m", "error": {"stack_trace": stack}}), "s", NEAR)
    assert line.raw_truncated
    assert line.stack_trace.endswith("Caused by: d.E: f\n")
    assert len(line.stack_trace) <= MAX_TEXT


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "@timestamp timestamp ts time log level log.level severity message short_message full_message service"
    " error stack_trace exception trace_id thread process logger stream host severityNumber"
)
known_keys = st.sampled_from(KEYS.split())


@given(
    st.binary(max_size=300)
    | st.dictionaries(known_keys, json_values, max_size=8).map(
        lambda d: orjson.dumps(d, option=orjson.OPT_NON_STR_KEYS, default=str) if _fits(d) else b"{"
    )
)
def test_anything_becomes_a_line_that_can_be_stored_and_shown(raw: bytes) -> None:
    line = parse_line(raw, "s", NEAR)
    assert line.level in LEVELS
    assert 0 <= line.timestamp < 1e10
    for text in (line.message, line.service, line.logger, line.thread, line.trace_id, line.stack_trace):
        text.encode()
        assert "\0" not in text
        assert "\x1b" not in text


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits
        return False
    return True


words = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=80).filter(
    lambda text: text.strip() == text != ""
)
moments = st.integers(946684800_000, 4102444800_000).map(lambda ms: ms / 1000)


@given(moments, st.sampled_from(LEVELS[:-1]), words, words)
def test_what_is_written_as_ecs_is_read_back(at: float, level: str, message: str, logger: str) -> None:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    raw = orjson.dumps({"@timestamp": stamp, "log": {"level": level, "logger": logger}, "message": message})
    line = parse_line(raw, "s", 0)
    assert (round(line.timestamp, 3), line.level, line.message, line.logger) == (at, level, message, logger)


@given(moments, st.sampled_from(LEVELS[:-1]), st.from_regex(r"[a-z]{1,9}( [a-z]{1,9}){1,5}", fullmatch=True))
def test_what_logback_writes_is_read_back(at: float, level: str, message: str) -> None:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    line = parse_line(f"{stamp} [main] {level:5} c.e.Shop - {message}".encode(), "s", 0)
    assert (round(line.timestamp, 3), line.level, line.logger) == (at, level, "c.e.Shop")
    assert line.message == message


def public_data(name: str) -> Path:
    root = os.environ.get("CANOPY_TEST_DATA")
    if not root or not (Path(root) / name).exists():
        pytest.skip(f"CANOPY_TEST_DATA holds no {name}")
    return Path(root) / name


def test_every_line_of_train_ticket_is_read() -> None:
    near = datetime(2023, 1, 29, 17, tzinfo=UTC).timestamp()
    raw = (public_data("train-ticket-logs") / "lines.txt").read_bytes().splitlines()
    lines = [parse_line(line, "s", near) for line in raw]
    assert {line.level for line in lines} == {"INFO", "WARN", "ERROR"}
    assert all(line.message and abs(line.timestamp - near) < 43200 for line in lines)
    assert sum(len(line.trace_id) == 32 for line in lines) > 0.99 * len(lines)


# Sets whose every line has a time and a level as services write them.
@pytest.mark.parametrize("name", ["Hadoop", "HDFS", "Spark", "Zookeeper"])
def test_levels_and_messages_of_loghub(name: str) -> None:
    folder = public_data("loghub-2k")
    raw = (folder / f"{name}_2k.log").read_bytes().splitlines()
    with (folder / f"{name}_2k.log_structured_corrected.csv").open(newline="", encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    lines = [parse_line(line, "s", NEAR) for line in raw]
    assert len(lines) == len(truth) == 2000
    assert [line.level for line in lines] == [row["Level"] for row in truth]
    assert all(line.timestamp < NEAR - 86400 for line in lines)
    whole = sum(
        line.message.strip().endswith(row["Content"].strip()) for line, row in zip(lines, truth, strict=True)
    )
    assert whole >= 1990
