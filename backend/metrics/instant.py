"""From the decoded series of an instant vector to columns: one finite value a service, or why it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.metrics.readings import Sample

FloatArray = NDArray[np.float64]

_CLOCK_SLACK = 0.001
"""Seconds by which a sample may lie after the time that was asked for: Prometheus keeps milliseconds."""


@dataclass(frozen=True, slots=True)
class InstantAnswer:
    """One metric at one moment, for all services, in columns: service i is worth ``values[i]``.

    Services are distinct, values float64[n] and finite, timestamps float64[n] in seconds since the epoch.
    ``rejected`` says for a service why its series is no sample; under ``""`` stand series without a service.
    ``warnings`` is not empty when Prometheus itself calls the answer partial.
    """

    services: list[str]
    timestamps: FloatArray
    values: FloatArray
    rejected: dict[str, str]
    warnings: tuple[str, ...]

    @property
    def samples(self) -> dict[str, Sample]:
        """The same by service, made anew at each call: for who asks about few services, not for the poll."""
        columns = zip(self.services, self.timestamps.tolist(), self.values.tolist(), strict=True)
        return {service: Sample(timestamp, value) for service, timestamp, value in columns}


def read_vector(
    series: Sequence[Any], label: str, at: float, warnings: tuple[str, ...] = ()
) -> InstantAnswer:
    """Judge ``series`` (``{"metric": {label: ...}, "value": [time, "value"]}``), asked for time ``at``.

    Raises AttributeError, KeyError or TypeError where they are no series at all. One odd value, however odd,
    costs no other service its own.
    """
    names = [one["metric"].get(label, "") for one in series]
    points = [one.get("value") for one in series]
    reasons = _shared(names, label)
    try:
        timestamps, values = _columns(points)
    except (IndexError, KeyError, TypeError, ValueError):
        odd = {i: said for i, point in enumerate(points) if (said := _oddity(point))}
        timestamps, values = _columns([(at, "NaN") if i in odd else one for i, one in enumerate(points)])
        reasons = {names[i]: said for i, said in odd.items()} | reasons
    bad = ~np.isfinite(values) | ~(timestamps <= at + _CLOCK_SLACK) | np.isneginf(timestamps)
    for i in np.flatnonzero(bad).tolist():
        reasons.setdefault(names[i], _reason(float(timestamps[i]), float(values[i]), at))
    if not reasons:
        return InstantAnswer(names, timestamps, values, {}, warnings)
    keep = [i for i, name in enumerate(names) if name not in reasons]
    kept = [names[i] for i in keep]
    return InstantAnswer(kept, timestamps[keep], values[keep], reasons, warnings)


def not_one_series(service: str, count: int, label: str) -> str:
    """Why ``count`` series of a service, or any without one (``""``), are no sample."""
    remedy = f"the query must aggregate `by ({label})`"
    if service:
        return f"{count} series for one service ({service}): {remedy}"
    return f"{count} series without the label {label!r}: {remedy}"


def _columns(points: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
    """Times and values of ``[time, "value"]``; raises where one of them is nothing like it."""
    timestamps = np.fromiter([float(point[0]) for point in points], dtype=np.float64, count=len(points))
    values = np.fromiter([float(point[1]) for point in points], dtype=np.float64, count=len(points))
    return timestamps, values


def _shared(names: list[Any], label: str) -> dict[str, str]:
    """Name -> why not, of all names that several series have, and of ``""``."""
    if set(map(type, names)) - {str}:
        raise TypeError("a label's value is text")
    distinct = set(names)
    if len(distinct) == len(names) and "" not in distinct:
        return {}
    counts = Counter(names)
    return {
        name: not_one_series(name, count, label) for name, count in counts.items() if count > 1 or not name
    }


def _oddity(point: Any) -> str:
    """Why ``point`` is no pair of numbers; empty where it is one."""
    if point is None:
        return "the query answers a native histogram, not a number: use histogram_quantile(...)"
    try:
        _columns([point])
    except (IndexError, KeyError, TypeError, ValueError):
        return f"not a sample: {str(point)[:80]}"
    return ""


def _reason(timestamp: float, value: float, at: float) -> str:
    if np.isnan(value):
        return "no value: NaN (nothing to measure in the query's window?)"
    if np.isinf(value):
        return f"no value: {'+' if value > 0 else '-'}Inf (a division by 0 in the query?)"
    if not np.isfinite(timestamp):
        return f"no time: {timestamp}"
    return f"the sample lies {timestamp - at:g} s in the future"
