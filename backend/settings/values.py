"""What one value of the configuration may be: durations, sizes, addresses, names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(\d{1,9})(ms|[smhdwy])")
_METRIC_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SIZE = re.compile(r"(\d{1,9}) ?([kMGT])B")
_SIZE_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_DURATION_HELP = "a Prometheus duration such as 15s, 1h30m or 2d"


def parse_duration(text: object) -> float:
    """A Prometheus duration -> seconds.

    >>> parse_duration("1h30m")
    5400.0
    """
    if isinstance(text, str) and text and "".join(m.group(0) for m in _DURATION.finditer(text)) == text:
        seconds = sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
        if seconds > 0:
            return seconds
    raise ValueError(f"allowed: {_DURATION_HELP}, longer than 0")


def parse_size(text: object) -> int:
    """A size with its unit -> bytes.

    >>> parse_size("10GB")
    10000000000
    """
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if found and int(found[1]) > 0:
        return int(found[1]) * _SIZE_UNITS[found[2]]
    raise ValueError("allowed: a size such as 500MB or 10GB (kB, MB, GB, TB), or null")


def _or_null(parse: Callable[[object], float]) -> Callable[[object], float | None]:
    return lambda given: None if given is None else parse(given)


def _metric_key(key: str) -> str:
    if not _METRIC_KEY.fullmatch(key):
        raise ValueError("allowed: a letter, then up to 63 letters, digits, '_' or '-' (it names files)")
    return key


def _http_url(url: str) -> str:
    if not re.match(r"https?://[^/\s]+", url):
        raise ValueError("allowed: an address that starts with http:// or https://")
    return url.rstrip("/")


def _sqlite_url(url: str) -> str:
    if not re.fullmatch(r"sqlite:///.+", url):
        raise ValueError("allowed: sqlite:///PATH (sqlite:////PATH for an absolute path)")
    return url


def _at_most_a_day(seconds: float) -> float:
    if seconds > _UNITS["d"]:
        raise ValueError("allowed: at most 1d")
    return seconds


def _sensitivity(given: object) -> object:
    if given in ("low", "medium", "high") or (isinstance(given, float) and 0 < given < 1):
        return given
    raise ValueError("allowed: low, medium, high, or a score between 0 and 1 such as 0.63")


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not known, not a name, the name of a folder
        raise ValueError("allowed: the name of a time zone, such as UTC or Europe/Berlin") from None
    return name


Duration = Annotated[float, BeforeValidator(parse_duration)]
DurationOrNull = Annotated[float | None, BeforeValidator(_or_null(parse_duration))]
SizeOrNull = Annotated[int | None, BeforeValidator(_or_null(parse_size))]
UpToADay = Annotated[Duration, AfterValidator(_at_most_a_day)]
MetricKey = Annotated[str, AfterValidator(_metric_key)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
SqliteUrl = Annotated[str, AfterValidator(_sqlite_url)]
Direction = Literal["above", "below"]
PresetName = Literal["spring-boot", "node-exporter", "kubernetes", "none"]
ArtefactQuery = Literal["restart", "deploy", "new_instance", "counter_reset", "scrape_gap", "clock_skew"]
PolicyName = Literal["threshold_and_model", "model", "threshold", "either"]
DetectorName = Literal["view_forest", "isolation_forest"]
Fitter = Literal["fast", "scikit-learn"]
Sensitivity = Literal["low", "medium", "high"] | float
CheckedSensitivity = Annotated[Sensitivity, BeforeValidator(_sensitivity)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
