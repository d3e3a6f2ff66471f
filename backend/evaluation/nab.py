"""Scores alerts by the rules of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015; NAB 1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_PROBATION = 0.15
_PROBATION_ROWS = 5000
_FAR = 3.0
"""Window lengths behind a window from which a false alert costs all of its weight."""


class Profile(NamedTuple):
    """What a found window earns, and what a false alert and a missed window cost."""

    name: str
    found: float
    false: float
    missed: float


PROFILES = (
    Profile("standard", 1.0, 0.11, 1.0),
    Profile("reward_low_FP_rate", 1.0, 0.22, 1.0),
    Profile("reward_low_FN_rate", 1.0, 0.11, 2.0),
)


@dataclass(frozen=True, slots=True)
class Rubric:
    """What an alert at each row of a series is worth, before a profile weighs it.

    ``worth`` float64[n]: 1 at a window's first row falling to 0 behind its last one; outside, from 0 right
    behind a window down to -1 far from any. ``window`` int64[n]: the window a row lies in, -1 for none.
    ``scored`` bool[n]: False for the rows of the probation, whose alerts count for nothing.
    """

    worth: FloatArray
    window: IntArray
    scored: BoolArray

    @property
    def windows(self) -> IntArray:
        """The windows that can be found."""
        return np.unique(self.window[self.scored & (self.window >= 0)])


class BadWindow(ValueError):
    """A window that cannot be scored; ``number`` says which of those given."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


def rubric(timestamps: FloatArray, windows: FloatArray) -> Rubric:
    """The rubric of rows at float64[n] seconds, in any order, and of windows in any order.

    ``windows`` float64[m, 2] has the seconds of each one's start and end, which are times of rows. What
    counts is the place of a row in order of time; rows without a time (NaN) lie in no window. Raises
    BadWindow for one that ends before it starts, meets no row, or begins inside another.
    """
    order = np.argsort(timestamps, kind="stable")[: np.isfinite(timestamps).sum()]
    bounds = _placed(timestamps[order], windows)
    count = len(order)
    worth = np.full(count, -1.0)
    window = np.full(count, -1, dtype=np.int64)
    for number, (first, last) in enumerate(bounds):
        length = last - first + 1
        inside = np.arange(first, last + 1)
        worth[inside] = _sigmoid(-(last - inside + 1) / length) / _sigmoid(np.array([-1.0]))
        window[inside] = number
        behind = np.arange(last + 1, bounds[number + 1][0] if number + 1 < len(bounds) else count)
        away = (behind - last) / max(length - 1, 1)
        worth[behind] = np.where(away >= _FAR, -1.0, _sigmoid(np.minimum(away, _FAR)))
    probation = int(min(np.floor(_PROBATION * count), _PROBATION * _PROBATION_ROWS))
    rows = Rubric(
        np.full(len(timestamps), -1.0),
        np.full(len(timestamps), -1, dtype=np.int64),
        np.zeros(len(timestamps), dtype=bool),
    )
    rows.worth[order], rows.window[order] = worth, window
    rows.scored[order[probation:]] = True
    return rows


def _placed(times: FloatArray, windows: FloatArray) -> list[tuple[int, int]]:
    """The first and last row of each window, in order of time; ``times`` ascend."""
    rows = np.round(times * 1e6)
    bounds: list[tuple[int, int]] = []
    for number in np.argsort(windows[:, 0], kind="stable").tolist():
        wanted = np.round(windows[number] * 1e6)
        if wanted[1] < wanted[0]:
            raise BadWindow(number, "it ends before it starts")
        first = int(np.searchsorted(rows, wanted[0]))
        last = int(np.searchsorted(rows, wanted[1], side="right")) - 1
        if first >= len(rows) or (rows[[first, last]] != wanted).any():
            raise BadWindow(number, "no row has the time of its " + _missing(rows, wanted))
        if bounds and first <= bounds[-1][1]:
            raise BadWindow(number, "it begins inside another one")
        bounds.append((first, last))
    return bounds


def raw_score(marks: Rubric, alerts: BoolArray, profile: Profile) -> float:
    """NAB's raw score of one series: a window earns its best alert or costs a miss."""
    counted = alerts & marks.scored
    total = profile.false * float(marks.worth[counted & (marks.window < 0)].sum())
    for number in marks.windows:
        hits = marks.worth[counted & (marks.window == number)]
        total += profile.found * float(hits.max()) if len(hits) else -profile.missed
    return total


def normalised(marks: Sequence[Rubric], alerts: Sequence[BoolArray], profile: Profile) -> float:
    """The score over many series: 0 for a detector that says nothing, 100 for the perfect one."""
    raw, windows = _parts(marks, alerts, profile)
    return float(_normalise(raw.sum(), windows.sum(), profile))


def bootstrap_error(
    marks: Sequence[Rubric],
    alerts: Sequence[BoolArray],
    profile: Profile,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> float:
    """Standard error of `normalised` over the choice of series, which are drawn with replacement."""
    raw, windows = _parts(marks, alerts, profile)
    chosen = np.random.default_rng(seed).integers(0, len(raw), (draws, len(raw)))
    sums = windows[chosen].sum(axis=1)
    drawn = sums > 0
    return float(_normalise(raw[chosen].sum(axis=1)[drawn], sums[drawn], profile).std())


def _parts(
    marks: Sequence[Rubric], alerts: Sequence[BoolArray], profile: Profile
) -> tuple[FloatArray, FloatArray]:
    """Each series' raw score and number of windows."""
    pairs = list(zip(marks, alerts, strict=True))
    raw = np.array([raw_score(mark, alert, profile) for mark, alert in pairs])
    windows = np.array([float(len(mark.windows)) for mark, _ in pairs])
    if not windows.sum():
        raise ValueError("no labelled window outside the probation: there is nothing to score")
    return raw, windows


def _normalise(raw: FloatArray, windows: FloatArray, profile: Profile) -> FloatArray:
    worst, best = -profile.missed * windows, profile.found * windows
    result: FloatArray = 100.0 * (raw - worst) / (best - worst)
    return result


def _missing(rows: FloatArray, wanted: FloatArray) -> str:
    return " and ".join(np.array(["start", "end"])[~np.isin(wanted, rows)])


def _sigmoid(position: FloatArray) -> FloatArray:
    """NAB's scaled sigmoid: 1 towards -infinity, 0 at a window's end, -1 far behind."""
    result: FloatArray = 2.0 / (1.0 + np.exp(5.0 * position)) - 1.0
    return result
