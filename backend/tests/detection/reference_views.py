"""The sixteen views as one would write them down: slow, over the whole history, with nothing to remember."""

from __future__ import annotations

import numpy as np

from backend.detection.views import LARGEST, Spans

DAY = 86_400.0


def reference_views(values: np.ndarray, local: np.ndarray, spans: Spans) -> np.ndarray:
    """float64[n] values and local seconds, ascending -> float64[n, 16]."""
    values = np.clip(values, -LARGEST, LARGEST)
    bins = np.floor(local * spans.bins / DAY).astype(int)
    kept = 28 * spans.bins + 8
    daily, weekly = np.array(
        [
            [
                season(values[:end], bins[:end], kept, weeks * spans.bins, back)
                for weeks, back in ((1, 7), (7, 4))
            ]
            for end in range(1, len(values) + 1)
        ]
    ).T
    return np.array([row(values, daily, weekly, i, spans) for i in range(len(values))])


def row(x: np.ndarray, daily: np.ndarray, weekly: np.ndarray, i: int, spans: Spans) -> list[float]:
    def last(series: np.ndarray, count: int, before: int = 0) -> np.ndarray:
        end = i + 1 - before
        return series[max(0, end - count) : max(0, end)]

    within, older = last(x, spans.long), last(x, spans.step, before=spans.step)
    return [
        x[i],
        last(x, spans.short).mean(),
        last(x, spans.middle).mean(),
        within.mean(),
        x[i] - x[i - 1] if i else 0.0,
        x[i] - np.median(within),
        last(x, spans.step).mean() - older.mean() if len(older) else 0.0,
        last(x, max(5, spans.middle)).std(),
        within.std(),
        np.abs(np.diff(within)).mean() if len(within) > 1 else 0.0,
        within.max(),
        daily[i],
        last(daily, spans.short).mean(),
        last(daily, spans.step).mean(),
        weekly[i],
        last(weekly, spans.step).mean(),
    ]


def season(values: np.ndarray, bins: np.ndarray, kept: int, period: int, periods: int) -> float:
    """The last value's distance from what is usual in its bin, by the bins of the four weeks before it."""
    now = bins[-1]
    means = {b: values[bins == b].mean() for b in set(bins[bins > now - kept].tolist()) if b < now}
    usual = [
        mean for back in range(1, periods + 1) if (mean := around(means, now - back * period)) is not None
    ]
    if not usual:
        usual = list(means.values())
    return values[-1] - np.median(usual) if usual else 0.0


def around(means: dict[int, float], centre: int) -> float | None:
    for reach in (1, 2, 3):
        near = [means[b] for b in range(centre - reach, centre + reach + 1) if b in means]
        if near:
            return float(np.mean(near))
    return None
