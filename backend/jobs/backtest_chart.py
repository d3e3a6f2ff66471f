"""The chart of one pair of a backtest, thinned out so that nothing one looks for is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.incidents.episodes import Scored, Span
from backend.jobs.backtest_result import BoolArray, Chart, FloatArray, WouldFire
from backend.metrics.downsampling import min_max_indices
from backend.metrics.spans import gaps

_CHART_POINTS, _FEWEST_POINTS = 600, 60
_ALL_CHARTS = 600_000
"""Points of a chart that are kept for its values' sake (half as many for its scores'), and of all
charts; alerts come on top."""


def thinned(
    scored: Scored,
    would: Sequence[WouldFire],
    asked: FloatArray | None,
    would_asked: Sequence[WouldFire] | None,
    charts: int,
) -> Chart:
    """Thinned out by the values, then with the scores' peaks and all alerts put back."""
    alerts = _opens(scored, would)
    asked_alerts = None if would_asked is None else _opens(scored, would_asked)
    points = max(_FEWEST_POINTS, min(_CHART_POINTS, _ALL_CHARTS // charts))
    rows = min_max_indices(scored.values, points)
    for scores in (scored.scores, asked):
        if scores is not None:
            rows = np.union1d(rows, min_max_indices(np.nan_to_num(scores), points // 2))
    for opens in (alerts, asked_alerts):
        if opens is not None:
            rows = np.union1d(rows, np.flatnonzero(opens))
    return Chart(
        scored.timestamps[rows],
        scored.values[rows],
        scored.scores[rows],
        alerts[rows],
        tuple(Span(*gap) for gap in gaps(scored.timestamps, float(np.ptp(scored.timestamps)) / points)),
        None if asked is None else asked[rows],
        None if asked_alerts is None else asked_alerts[rows],
    )


def _opens(scored: Scored, would: Sequence[WouldFire]) -> BoolArray:
    """The readings at which the incidents would have opened: bool[n]."""
    opens: BoolArray = np.isin(scored.timestamps, [one.start for one in would])
    return opens
