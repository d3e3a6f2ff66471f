"""Whether a pair's new model may serve: its verdicts on recent readings against those by the live scores."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]

_LEAST_COMPARED = 100
_RECENT = 86400.0
_RECENT_READINGS = 200
_MOST_DISAGREEMENT = 0.05
_MOST_TIMES = 3.0
_MOST_MORE = 0.02


def recent(interval: float) -> float:
    """Seconds of the newest readings that are compared: a day, or more where one has too few polls."""
    return max(_RECENT, _RECENT_READINGS * interval)


class Comparison(NamedTuple):
    """Of ``compared`` readings: the shares that were anomalous live, that would be now, and that differ."""

    compared: int
    live: float
    new: float
    differing: float

    @classmethod
    def of(cls, live: BoolArray, new: BoolArray) -> Self:
        """The verdicts on the same readings, bool[n] each, n at least 1."""
        return cls(len(live), float(live.mean()), float(new.mean()), float((live != new).mean()))


def why_not(comparison: Comparison) -> str:
    """Why the new model is kept back, in words; empty where it may serve, or too little was compared.

    It is kept back where it disagrees with the live verdicts on more than a twentieth of the readings, or
    would alert three times as often and on two percent more of them. Readings of incidents are not compared.
    """
    if comparison.compared < _LEAST_COMPARED:
        return ""
    louder = (
        comparison.new - comparison.live >= _MOST_MORE and comparison.new >= _MOST_TIMES * comparison.live
    )
    if comparison.differing <= _MOST_DISAGREEMENT and not louder:
        return ""
    return (
        f"the new model would call {comparison.new:.1%} of the last {comparison.compared:,} readings "
        f"anomalous, where {comparison.live:.1%} were; the present one stays. Retrain with force to take it"
    )


def changes(samples_before: int, samples: int, comparison: Comparison | None) -> str:
    """What differs from the model before, in words; of verdicts where enough were compared."""
    learned = f"learned from {samples:,} readings, the one before from {samples_before:,}"
    if comparison is None or comparison.compared < _LEAST_COMPARED:
        return learned
    return (
        f"{learned}; of the last {comparison.compared:,} it calls {comparison.new:.1%} anomalous, "
        f"live {comparison.live:.1%} were"
    )
