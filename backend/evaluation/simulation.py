"""Makes metric series as services have them, with faults whose place is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Noise = Literal["gaussian", "bursty", "heavy-tailed", "counts"]

START = 1_767_571_200
"""The first reading's second: Monday, 5 January 2026, midnight UTC."""

KINDS = ("spike", "shift", "drift", "drop", "flat", "season")

_DAY = 86_400.0
_HEALTHY = 0.4
"""The share of a series, from its start, that is free of faults: what is usual must be learned first."""

_DAYS_A_FAULT = 5


class Metric(NamedTuple):
    """What a kind of metric is like; what follows the level are shares of it.

    ``daily`` is what the night lacks of the day's busiest hour, ``weekend`` which part of that Saturday and
    Sunday lack too, ``trend`` what comes on top in thirty days. ``most`` is the largest value there can be.
    """

    name: str
    level: float
    daily: float
    weekend: float
    trend: float
    noise: Noise
    spread: float
    most: float = np.inf


METRICS = (
    Metric("cpu_percent", 35.0, 0.5, 0.6, 0.0, "gaussian", 0.06, most=100.0),
    Metric("latency_ms", 120.0, 0.25, 0.5, 0.05, "heavy-tailed", 0.05),
    Metric("requests_per_second", 240.0, 0.7, 0.5, 0.1, "counts", 0.05),
    Metric("queue_depth", 30.0, 0.5, 0.6, 0.0, "bursty", 0.12),
    Metric("memory_percent", 55.0, 0.2, 0.3, 0.15, "gaussian", 0.01, most=100.0),
    Metric("errors_per_minute", 4.0, 0.5, 0.5, 0.0, "counts", 0.1),
)


class Fault(NamedTuple):
    """A fault and its first and last row."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """A made series: int64[n] seconds, float64[n] values, and its faults in order of time."""

    name: str
    timestamps: IntArray
    values: FloatArray
    faults: tuple[Fault, ...]

    @property
    def labels(self) -> BoolArray:
        """Rows that lie in a fault: bool[n]."""
        marked = np.zeros(len(self.values), dtype=bool)
        for fault in self.faults:
            marked[fault.first : fault.last + 1] = True
        return marked


def simulate(
    number: int, *, days: float, interval: float, seed: int, kinds: Sequence[str] = KINDS
) -> Simulated:
    """Series ``number`` of a seed: the same arguments give the same series, whichever others are made.

    Metrics take turns, and so do the ``kinds`` of faults: one for every five days or part of them, none of
    them in the first two fifths, each in a stretch of its own. ``interval`` is in seconds.
    """
    # Two streams: the noise around the faults is what it would be without them.
    rng, noise = np.random.default_rng([seed, number, 0]), np.random.default_rng([seed, number, 1])
    metric = METRICS[number % len(METRICS)]
    count = max(1, round(days * _DAY / interval))
    seconds = np.round(np.arange(count) * interval)
    faults = _placed(rng, number, count, interval, days, kinds) if kinds else ()
    usual = metric.level * _cycle(metric, seconds) * (1 + metric.trend * seconds / (30 * _DAY))
    for fault in faults:
        _CHANGES.get(fault.kind, _unchanged)(rng, metric, seconds, usual, slice(fault.first, fault.last + 1))
    values = np.clip(_noisy(noise, metric, usual), 0.0, metric.most)
    for fault in faults:
        if fault.kind == "flat":
            values[fault.first : fault.last + 1] = values[fault.first]
    return Simulated(
        name=f"series-{number + 1:02d}-{metric.name}",
        timestamps=START + seconds.astype(np.int64),
        values=values,
        faults=faults,
    )


_HOURS = {
    "spike": (0.1, 0.4),
    "shift": (6.0, 12.0),
    "drift": (12.0, 24.0),
    "drop": (0.4, 1.5),
    "flat": (3.0, 8.0),
    "season": (24.0, 24.0),
}
"""How long a fault of each kind lasts: at least, at most."""


def _placed(
    rng: np.random.Generator, number: int, count: int, interval: float, days: float, kinds: Sequence[str]
) -> tuple[Fault, ...]:
    """Faults in order of time, each somewhere in its own equal part of what comes after the healthy days."""
    wanted = int(np.ceil(days * (1 - _HEALTHY) / _DAYS_A_FAULT))
    edges = np.linspace(_HEALTHY * count, count, wanted + 1).astype(int)
    faults = []
    for turn in range(wanted):
        kind = kinds[(number + turn) % len(kinds)]
        first, behind = int(edges[turn]), int(edges[turn + 1])
        hours = rng.uniform(*_HOURS[kind])
        length = min(max(2, round(hours * 3600 / interval)), max(1, (behind - first) // 2))
        start = int(rng.integers(first, max(first + 1, behind - length)))
        if start + length <= count:
            faults.append(Fault(kind, start, start + length - 1))
    return tuple(faults)


def _cycle(metric: Metric, seconds: FloatArray, late: float = 0.0) -> FloatArray:
    """The day's and the week's course up to 1, its busiest hours around 14:00, ``late`` seconds later."""
    of_day = (seconds - late) % _DAY / _DAY
    # A day has a broad top and a short night, so a second wave goes with the first.
    wave = np.cos(2 * np.pi * (of_day - 14 / 24)) + 0.25 * np.cos(4 * np.pi * (of_day - 14 / 24))
    busy = metric.daily * (wave / 1.25 + 1) / 2
    weekend = seconds // _DAY % 7 >= 5
    course: FloatArray = 1 - metric.daily + busy * np.where(weekend, 1 - metric.weekend, 1.0)
    return course


def _noisy(rng: np.random.Generator, metric: Metric, usual: FloatArray) -> FloatArray:
    """The usual course as it is measured."""
    count = len(usual)
    # Readings beside each other are alike: most of the noise wanders.
    wander = 0.3 * _lingering(rng.normal(size=count), 0.9)
    if metric.noise == "gaussian":
        return usual * (1 + metric.spread * (0.7 * wander + 0.7 * rng.normal(size=count)))
    if metric.noise == "heavy-tailed":
        return usual * np.exp(
            metric.spread * (0.7 * wander + np.minimum(np.abs(rng.standard_t(4, size=count)), 12))
        )
    if metric.noise == "counts":
        counts: FloatArray = rng.poisson(np.maximum(usual * (1 + metric.spread * wander), 0.0)).astype(float)
        return counts
    bursts = _lingering((rng.random(count) < 0.02) * rng.exponential(3.0, count), 0.6)
    return np.round(usual * (1 + metric.spread * (wander + rng.normal(size=count) + bursts)))


def _lingering(noise: FloatArray, kept: float) -> FloatArray:
    """The noise with what is left of that before it, ``kept`` of it from one reading to the next."""
    return np.convolve(noise, kept ** np.arange(64))[: len(noise)]


Change = Callable[[np.random.Generator, Metric, FloatArray, FloatArray, slice], None]


def _unchanged(*_: object) -> None:
    """A flat line is made of what was measured, not of the usual course."""


def _spike(rng: np.random.Generator, _: Metric, __: FloatArray, usual: FloatArray, at: slice) -> None:
    usual[at] *= rng.uniform(2.0, 3.5)


def _shift(rng: np.random.Generator, _: Metric, __: FloatArray, usual: FloatArray, at: slice) -> None:
    usual[at] *= rng.uniform(1.4, 1.9)


def _drift(rng: np.random.Generator, _: Metric, __: FloatArray, usual: FloatArray, at: slice) -> None:
    usual[at] *= np.linspace(1.0, rng.uniform(1.6, 2.2), at.stop - at.start)


def _drop(rng: np.random.Generator, _: Metric, __: FloatArray, usual: FloatArray, at: slice) -> None:
    usual[at] *= rng.uniform(0.0, 0.15)


def _season(
    rng: np.random.Generator, metric: Metric, seconds: FloatArray, usual: FloatArray, at: slice
) -> None:
    late = rng.uniform(8.0, 12.0) * 3600
    usual[at] *= _cycle(metric, seconds[at], late) / _cycle(metric, seconds[at])


_CHANGES: dict[str, Change] = {
    "spike": _spike, "shift": _shift, "drift": _drift, "drop": _drop, "season": _season,
}  # fmt: skip
