"""Bytes of unknown origin -> text that can be stored, shown and searched without surprises."""

from __future__ import annotations

import re

MAX_TEXT = 64 * 1024
"""Characters kept of a message and of a stack trace, each."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Control characters but tab and line feed; bidirectional overrides, which make a line read as another;
# lone surrogates, which no UTF-8 writer accepts.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def decode(raw: bytes) -> str:
    """UTF-8 with undecodable bytes replaced by U+FFFD, made safe as by ``clean``."""
    return clean(raw.decode("utf-8", "replace").removeprefix("\ufeff"))


def clean(text: str) -> str:
    """Make every control character visible and drop terminal colours.

    >>> clean("a\\x00b\\x1b[31mred")
    'a␀bred'
    """
    if text.isprintable() or _UNSAFE.search(text) is None:
        return text
    return _UNSAFE.sub(_visible, _COLOUR.sub("", text).replace("\r\n", "\n"))


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """Cut ``text`` to ``limit`` characters and say so in its midst.

    The end is kept as well as the start: the root cause of a stack trace stands in its last part.
    """
    if len(text) <= limit:
        return text
    mark = f" …[truncated: {len(text)} characters]… "
    tail = limit // 4
    return text[: limit - tail - len(mark)] + mark + text[-tail:]


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd" if 0xD800 <= code <= 0xDFFF else f"<U+{code:04X}>"
