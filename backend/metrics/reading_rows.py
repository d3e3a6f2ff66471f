"""Readings as rows of numbers, and rows as the lines of a dataset: both a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.metrics.readings import Reading, Severity, Verdict

Source = Literal["live", "backfill"]
Rows = NDArray[np.void]
"""A structured array of ROW."""

ROW = np.dtype(
    [
        ("pair", "<u4"),
        ("status", "u1"),
        ("severity", "u1"),
        ("source", "u1"),
        ("spare", "u1"),
        ("time", "<i8"),
        ("value", "<f8"),
        ("numbers", "<f8", (5,)),
    ]
)
"""64 bytes a reading: its pair's number, ranks of words, time in milliseconds, value, score and features."""

_FEATURES = ("delta", "rolling_mean", "rolling_std", "zscore")
_VERDICTS, _SEVERITIES = tuple(Verdict), tuple(Severity)
_SOURCES: tuple[Source, ...] = ("live", "backfill")
_VERDICT_RANK = {verdict: rank for rank, verdict in enumerate(_VERDICTS)}
_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(_SEVERITIES)}
_WORDS = [f"{verdict},{severity}".encode() for verdict in _VERDICTS for severity in _SEVERITIES]
_ENDS = [f"{source}\n".encode() for source in _SOURCES]
_UNJUDGED = b",".join([Verdict.UNKNOWN.encode(), *[b""] * (2 + len(_FEATURES)), b"backfill\n"])
_ANOMALY = _VERDICT_RANK[Verdict.ANOMALY]


def rows_of(readings: Sequence[Reading], pairs: Sequence[int], source: Source) -> Rows:
    """Readings that all have a value, and the numbers of their pairs -> their rows, in the same order."""
    rows = np.zeros(len(readings), dtype=ROW)
    rows["pair"] = pairs
    rows["status"] = [_VERDICT_RANK[reading.verdict] for reading in readings]
    rows["severity"] = [_SEVERITY_RANK[reading.severity] for reading in readings]
    rows["source"] = _SOURCES.index(source)
    seconds = np.array([reading.timestamp for reading in readings], dtype=np.float64)
    rows["time"] = np.rint(seconds * 1000)
    rows["value"] = [reading.value for reading in readings]
    # None, where there is none, becomes NaN.
    rows["numbers"][:, 0] = np.array([reading.score for reading in readings], dtype=np.float64)
    features = [reading.features for reading in readings]
    for column, name in enumerate(_FEATURES, start=1):
        rows["numbers"][:, column] = np.array([known.get(name) for known in features], dtype=np.float64)
    return rows


def is_anomalous(rows: Rows) -> NDArray[np.bool_]:
    """Which of them belong into the dataset ``anomaly``: bool[n]."""
    anomalous: NDArray[np.bool_] = rows["status"] == _ANOMALY
    return anomalous


def lines_of(rows: Rows) -> list[bytes]:
    """Each row's line in its CSV, line feed included; what is no number is an empty field."""
    if not len(rows):
        return []
    moments, which = np.unique(rows["time"], return_inverse=True)
    times = [to_rfc3339(moment / 1000).encode() for moment in moments.tolist()]
    words = rows["status"].astype(np.intp) * len(_SEVERITIES) + rows["severity"]
    return [
        b",".join((times[time], value, _WORDS[word], numbers, _ENDS[source]))
        for time, value, word, numbers, source in zip(
            which.tolist(),
            _json(rows["value"])[1:-1].split(b","),
            words.tolist(),
            _json(rows["numbers"]).replace(b"null", b"")[2:-2].split(b"],["),
            rows["source"].tolist(),
            strict=True,
        )
    ]


def lines_by_time(rows: Rows) -> dict[int, bytes]:
    """The lines of one pair's rows by their times."""
    return dict(zip(rows["time"].tolist(), lines_of(rows), strict=True))


def unjudged_lines(times: NDArray[np.int64], values: NDArray[np.float64]) -> list[bytes]:
    """The lines of backfilled samples, int64[n] milliseconds and float64[n] values."""
    unit: Literal["s", "ms"] = "ms" if (times % 1000).any() else "s"
    stamps = np.datetime_as_string(times.astype("datetime64[ms]"), unit).tolist()
    return [
        b"%sZ,%s,%s" % (stamp.removesuffix(".000").encode(), value, _UNJUDGED)
        for stamp, value in zip(stamps, _json(values)[1:-1].split(b","), strict=True)
    ]


def _json(numbers: NDArray[Any]) -> bytes:
    """The shortest digits that read back as the same number, and null for what is none."""
    return orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)
