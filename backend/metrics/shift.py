"""How far a metric moved in a range of time, against the time before it: the floored robust z."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_BEFORE = 5
"""Readings before the range without which nothing can be said."""

NOTABLE = 6.0
"""From this score on a metric counts as moved; noise alone reaches 3 to 4 in a few hundred readings."""

_SIGMA_OF_IQR = 1.349  # the interquartile range of a normal distribution, in standard deviations
_FLOOR = 0.001  # of the median: a constant before must not make every last digit a change


@dataclass(frozen=True, slots=True)
class Shift:
    """What moved, in the metric's unit.

    ``score`` is max |x - median| / max(IQR / 1.349, 0.1 % of |median|): the same in any unit, and infinite
    where the metric was constantly zero before and is not now. ``usual`` is the median before, ``spread`` the
    denominator, ``extreme`` the farthest value of the range and ``at`` its time in seconds.
    """

    score: float
    usual: float
    spread: float
    extreme: float
    at: float
    before: int
    during: int

    @property
    def notable(self) -> bool:
        """Whether it moved more than noise does."""
        return self.score >= NOTABLE


def shift(
    before: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> Shift | None:
    """Compare float64[n] values ``before`` with those of the range, float64[m] each; all are finite.

    None where there are too few on either side.
    """
    if len(before) < FEWEST_BEFORE or not len(values):
        return None
    low, usual, high = np.percentile(before, [25, 50, 75]).tolist()
    spread = max((high - low) / _SIGMA_OF_IQR, _FLOOR * abs(usual))
    distances = np.abs(values - usual)
    farthest = int(distances.argmax())
    distance = float(distances[farthest])
    score = distance / spread if spread > 0 else math.inf if distance > 0 else 0.0
    return Shift(
        score, usual, spread, float(values[farthest]), float(times[farthest]), len(before), len(values)
    )
