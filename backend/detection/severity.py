"""Where a value stands against its metric's thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Severity

_BY_RANK = tuple(Severity)


def ranks(values: NDArray[np.float64], spec: MetricSpec) -> NDArray[np.int64]:
    """float64[n] in the metric's unit -> int64[n], 0 Normal, 1 High, 2 Critical.

    A value on a threshold has reached it.
    """

    def reached(threshold: float | None) -> NDArray[np.bool_]:
        if threshold is None:
            return np.zeros(len(values), dtype=bool)
        return values >= threshold if spec.direction == "above" else values <= threshold

    return np.where(reached(spec.critical), 2, np.where(reached(spec.high), 1, 0))


def classify(values: NDArray[np.float64], spec: MetricSpec) -> list[Severity]:
    """The same as severities."""
    return [_BY_RANK[rank] for rank in ranks(values, spec)]
