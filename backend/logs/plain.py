"""Lines written for people: logfmt, and a leading time, level, thread and logger before the message."""

from __future__ import annotations

import re
from typing import NamedTuple

from backend.logs.levels import LEVEL_OF, UNKNOWN, level_of_text
from backend.logs.timestamps import leading_timestamp

# The look-behind keeps the search linear: a name starts only after white space.
_PAIR = re.compile(r'(?<!\S)([A-Za-z_@][\w.@-]{0,63})=("(?:[^"\\]|\\.)*"|\S*)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": ""}

_BRACKETS = r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]"
_LEVEL = re.compile(
    rf"(?P<before>(?:{_BRACKETS}[\s|]+|[-|:]\s*|\d+[\s|]+)*)"
    r"(?:(?P<bare>[A-Z]{1,13})(?=[\s:|\]-]|$)|[\[<(](?P<wrapped>[A-Za-z]{1,13})\s*[\])>]):?[\s|-]*"
)
_ORIGIN = re.compile(
    rf"(?:\d+\s+)?(?:---\s+)?(?:{_BRACKETS}\s*)?(?:{_BRACKETS}\s*)?(?:\([^()]*\)\s*)?"
    r"(?:(?P<logger>[A-Za-z_][\w.$#/@-]{0,200})(?:\s+[:-]\s+|:\s+)|[:-]\s+)?"
)
_THREAD = re.compile(_BRACKETS)
_TRACE_ID = re.compile(r"\btrace[_.]?id\"?\s*[:=]\s*\"?([0-9A-Za-z-]{8,64})", re.IGNORECASE)


class PlainParts(NamedTuple):
    """What the head of a plain line says; empty where it does not, ``timestamp`` None without one."""

    timestamp: float | None
    level: str
    thread: str
    logger: str
    message: str


def parse_plain(line: str, near: float) -> PlainParts:
    """Split one line (no line feed in it). What is not understood stays in the message."""
    stamp = leading_timestamp(line, near)
    rest = line[stamp[1] :].lstrip(" \t|,") if stamp else line
    found = _LEVEL.match(rest)
    level = level_of_text(found["bare"] or found["wrapped"]) if found else UNKNOWN
    # One letter is a level only after a time: "A message" and "I think" begin with one as well.
    if found is None or level == UNKNOWN or (stamp is None and len(found["bare"] or "ab") == 1):
        return PlainParts(stamp[0] if stamp else None, UNKNOWN, "", "", rest.removeprefix("- ") or line)
    origin = _ORIGIN.match(rest, found.end())
    brackets = [text for text in (found[2], origin and origin[1], origin and origin[2]) if text]
    message = rest[origin.end() if origin else found.end() :]
    return PlainParts(
        stamp[0] if stamp else None,
        level,
        # Spring Boot writes [application] before [thread]; everyone else writes the thread only.
        brackets[-1].strip() if brackets else "",
        (origin["logger"] or "") if origin else "",
        message or line,
    )


def parse_logfmt(line: str) -> dict[str, str] | None:
    """key=value pairs; None unless two of time, level and message are among the keys."""
    if "=" not in line:
        return None
    fields: dict[str, str] = {}
    for key, value in _PAIR.findall(line):
        if value.startswith('"') and len(value) > 1:
            value = _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), value[1:-1])
        fields.setdefault(key, value)
    kinds = (
        fields.keys() & {"ts", "time", "timestamp", "@timestamp"},
        (level for level in ("level", "lvl", "severity") if fields.get(level, "").upper() in LEVEL_OF),
        fields.keys() & {"msg", "message"},
    )
    return fields if sum(any(True for _ in kind) for kind in kinds) >= 2 else None


def trace_id_in(text: str) -> str:
    """The trace id that a message carries as ``traceId: ...`` or ``trace_id=...``, or an empty text."""
    found = _TRACE_ID.search(text)
    return found[1] if found else ""
