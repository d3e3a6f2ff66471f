"""The level names and numbers of many loggers -> one set of seven."""

from __future__ import annotations

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "UNKNOWN")
"""From least to most urgent; UNKNOWN where a line does not say."""

UNKNOWN = "UNKNOWN"
_WORDS = {
    "TRACE": "TRACE VERBOSE FINE FINER FINEST T V",
    "DEBUG": "DEBUG DBG CONFIG D",
    "INFO": "INFO INF INFORMATION INFORMATIONAL NOTICE I",
    "WARN": "WARN WARNING WRN W",
    "ERROR": "ERROR ERR SEVERE E",
    "FATAL": "FATAL CRITICAL CRIT ALERT EMERG EMERGENCY PANIC DPANIC F",
}
LEVEL_OF = {word: level for level, words in _WORDS.items() for word in words.split()}
_SYSLOG = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")


def level_of_text(text: str) -> str:
    """A level's name in any case -> one of LEVELS.

    >>> level_of_text("warning"), level_of_text("chatty")
    ('WARN', 'UNKNOWN')
    """
    return LEVEL_OF.get(text.strip().upper(), UNKNOWN)


def level_of_syslog(number: int) -> str:
    """0 (emergency) .. 7 (debug), as syslog and GELF count."""
    return _SYSLOG[number] if 0 <= number < len(_SYSLOG) else UNKNOWN


def level_of_number(number: int) -> str:
    """10 (trace) .. 60 (fatal), as the JSON loggers of Node count."""
    return LEVELS[number // 10 - 1] if 10 <= number < 70 else UNKNOWN


def level_of_otel(number: int) -> str:
    """1 .. 24, as OpenTelemetry counts: four steps a level."""
    return LEVELS[(number - 1) // 4] if 1 <= number <= 24 else UNKNOWN
