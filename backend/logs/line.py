"""One raw log line, whatever its format -> one LogLine; nothing is ever dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from backend.logs.levels import (
    UNKNOWN,
    level_of_number,
    level_of_otel,
    level_of_syslog,
    level_of_text,
)
from backend.logs.plain import parse_logfmt, parse_plain, trace_id_in
from backend.logs.text import clean, decode, shorten
from backend.logs.timestamps import leading_timestamp, parse_timestamp

MAX_RAW = 512 * 1024
"""Bytes of one line that are looked at; the texts kept of it are bounded by ``text.MAX_TEXT``."""

_MAX_NAME = 500  # characters of a service, logger, thread or trace id


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. ``timestamp`` in seconds since the epoch; ``level`` one of ``levels.LEVELS``.

    Texts are empty where the line does not say. ``raw_truncated`` tells that a text was cut, which its
    content shows as well.
    """

    timestamp: float
    service: str
    level: str
    message: str
    logger: str = ""
    thread: str = ""
    trace_id: str = ""
    stack_trace: str = ""
    raw_truncated: bool = False


Names = tuple[tuple[str, ...], ...]


def _names(text: str) -> Names:
    """Each name as it stands, then its parts: ECS occurs nested and with dotted keys."""
    return tuple((name, *(name.split(".") if "." in name else ())) for name in text.split())


_TIME = _names("@timestamp timestamp ts time datetime asctime timeUnixNano event.created")
_LEVEL = _names("log.level level lvl severity _level_name levelname severity_text severityText loglevel")
_OTEL_LEVEL = _names("severityNumber severity_number")
_MESSAGE = _names("message msg short_message body event text")
_LOGGER = _names("log.logger logger_name logger _log_logger loggerName name caller")
_THREAD = _names("process.thread.name thread_name thread _process_thread_name threadName")
_TRACE = _names("trace.id trace_id traceId dd.trace_id _trace_id mdc.traceId contextMap.traceId TraceId")
_SERVICE = _names("service.name service_name serviceName _service_name service app application")
_GELF_SERVICE = _names("host")  # where Spring Boot puts the application's name
_STACK = _names(
    "error.stack_trace stack_trace stacktrace _error_stack_trace exception.stacktrace err.stack exc_info"
    " exception error"
)
_ERROR_TYPE = _names("error.type _error_type")
_ERROR_MESSAGE = _names("error.message _error_message")

_CRI = re.compile(rb"(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP] ")
# What can still be read from the start of a JSON line that was torn or cut.
_TORN_TIME = re.compile(r'"(?:@timestamp|timestamp|time|ts)"\s*:\s*"?([^",}]{1,40})')
_TORN_LEVEL = re.compile(r'"(?:log\.level|level|severity|lvl)"\s*:\s*"([A-Za-z]{1,13})"')
_TORN_SERVICE = re.compile(r'"service\.name"\s*:\s*"([^"\\]{1,200})"')
_HEAD = 4096


def parse_line(
    raw: bytes, default_service: str, fallback_time: float, *, own_service: bool = True
) -> LogLine:
    """One line, or several already joined (a line and its stack trace), -> LogLine. Never raises.

    ``default_service`` stands where the line names no service, or always with ``own_service=False``;
    ``fallback_time`` (seconds) where it has no time.
    """
    cut = len(raw) > MAX_RAW
    raw = raw[:MAX_RAW].rstrip(b"\r\n").lstrip(b"\0")
    wrapper = _CRI.match(raw)
    if wrapper is not None:
        stamp = leading_timestamp(wrapper[1].decode("ascii", "replace"), fallback_time)
        fallback_time = stamp[0] if stamp else fallback_time
        raw = raw[wrapper.end() :]
    source = _Source(default_service, fallback_time, own_service, cut)
    if raw.lstrip()[:1] == b"{":
        record = _json_object(raw)
        return _from_torn_json(decode(raw), source) if record is None else _from_record(record, raw, source)
    return _from_text(decode(raw), source)


class _Source(NamedTuple):
    """What is known of a line before it is read."""

    service: str
    time: float
    own_service: bool
    cut: bool

    def line(
        self,
        timestamp: float | None,
        service: str,
        level: str,
        message: str,
        logger: str = "",
        thread: str = "",
        trace_id: str = "",
        stack_trace: str = "",
    ) -> LogLine:
        """Fill in what the line does not say, and bound what it does."""
        kept, kept_stack = shorten(message), shorten(stack_trace)
        if self.cut and kept == message:
            kept = f"{message} …[truncated]"
        return LogLine(
            self.time if timestamp is None else timestamp,
            (service if self.own_service and service else self.service)[:_MAX_NAME],
            level,
            kept,
            logger[:_MAX_NAME],
            thread[:_MAX_NAME],
            trace_id[:_MAX_NAME],
            kept_stack,
            self.cut or kept != message or kept_stack != stack_trace,
        )


def _json_object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            value = orjson.loads(decode(raw))  # valid but for its bytes
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, dict) else None


def _from_record(record: Mapping[str, Any], raw: bytes, source: _Source) -> LogLine:
    timestamp = parse_timestamp(_pick(record, _TIME), source.time)
    inner = record.get("log")
    if isinstance(inner, str) and "stream" in record:  # docker's json-file wrapper
        outer_time = source.time if timestamp is None else timestamp
        return parse_line(inner.encode(), source.service, outer_time, own_service=source.own_service)
    gelf = "short_message" in record
    message = _message(record, raw)
    return source.line(
        timestamp,
        _text(record, _SERVICE) or (_text(record, _GELF_SERVICE) if gelf else ""),
        _level(record, gelf),
        message,
        _text(record, _LOGGER),
        _text(record, _THREAD),
        _text(record, _TRACE) or trace_id_in(message),
        _stack(record, gelf),
    )


def _message(record: Mapping[str, Any], raw: bytes) -> str:
    """The message; the whole line where there is none."""
    value = _pick(record, _MESSAGE)
    if value is None:
        return decode(raw)
    return clean(value) if isinstance(value, str) else str(value)


def _level(record: Mapping[str, Any], gelf: bool) -> str:
    value = _pick(record, _LEVEL)
    if isinstance(value, str):
        return level_of_text(value) if not value.isdecimal() else level_of_number(int(value[:3]))
    if isinstance(value, int):
        return level_of_syslog(value) if gelf else level_of_number(value)
    number = _pick(record, _OTEL_LEVEL)
    return level_of_otel(number) if isinstance(number, int) else UNKNOWN


def _stack(record: Mapping[str, Any], gelf: bool) -> str:
    value = _pick(record, _STACK, lists=True)
    if isinstance(value, list):
        return clean("\n".join(part for part in value if isinstance(part, str)))
    if isinstance(value, str):
        return clean(value)
    full = record.get("full_message")
    if gelf and isinstance(full, str) and "\n\tat " in full:
        return clean(full)
    kind, detail = _text(record, _ERROR_TYPE), _text(record, _ERROR_MESSAGE)
    return f"{kind}: {detail}" if kind and detail else kind or detail


def _from_torn_json(text: str, source: _Source) -> LogLine:
    """A JSON line that does not parse: kept whole, with what its start still tells."""
    head = text[:_HEAD]
    stamp, level, service = _TORN_TIME.search(head), _TORN_LEVEL.search(head), _TORN_SERVICE.search(head)
    return source.line(
        parse_timestamp(stamp[1], source.time) if stamp else None,
        service[1] if service else "",
        level_of_text(level[1]) if level else UNKNOWN,
        text,
    )


def _from_text(text: str, source: _Source) -> LogLine:
    head, _, rest = text.partition("\n")
    fields = parse_logfmt(head)
    if fields is None:
        at, level, thread, logger, message = parse_plain(head, source.time)
        return source.line(at, "", level, message, logger, thread, trace_id_in(message), rest)
    return source.line(
        parse_timestamp(_pick(fields, _TIME), source.time),
        _text(fields, _SERVICE),
        level_of_text(_text(fields, _LEVEL)),
        _text(fields, _MESSAGE) or head,
        _text(fields, _LOGGER),
        _text(fields, _THREAD),
        _text(fields, _TRACE),
        rest or _text(fields, _STACK),
    )


def _pick(record: Mapping[str, Any], names: Names, lists: bool = False) -> Any:
    """The first of ``names`` that holds a text or a number (or a list); None where none does."""
    for name, *parts in names:
        value: Any = record.get(name)
        if value is None and parts:
            value = record
            for part in parts:
                value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, (str, int, float)) and value != "" and value is not True and value is not False:
            return value
        if lists and isinstance(value, list):
            return value
    return None


def _text(record: Mapping[str, Any], names: Names) -> str:
    value = _pick(record, names)
    return "" if value is None else clean(str(value))
