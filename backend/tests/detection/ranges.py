"""The expected range of one pair of a view forest, as tests read it."""

from __future__ import annotations

import numpy as np

from backend.detection.view_forest import ViewForest
from backend.metrics.readings import ExpectedRange


def expected_range(forest: ViewForest, pair: int, threshold: float) -> ExpectedRange | None:
    """The values for which the pair's newest reading would not have passed; None where there are none."""
    low, high = forest.expected(np.array([pair]), np.array([threshold]))[0].tolist()
    return None if np.isnan(low) else ExpectedRange(low, high)
