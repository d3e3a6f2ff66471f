"""What a detector's views or features had to do with a score: parts that were computed, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.features import FEATURES, LARGEST, ROLLING_WINDOW
from backend.detection.views import VIEWS, Spans
from backend.metrics.cards import About, Share, Side
from backend.metrics.quantity import duration, quantity
from backend.metrics.readings import ExpectedRange

FloatArray = NDArray[np.float64]

_KINDS: dict[About, tuple[str, ...]] = {
    "level": ("value", "short_mean", "mean", "long_mean", "peak"),
    "change": ("delta", "from_median", "step"),
    "variability": ("std", "long_std", "roughness"),
    "time_of_day": ("daily", "daily_short_mean", "daily_mean"),
    "time_of_week": ("weekly", "weekly_mean"),
}
"""The views of each kind, those that look back least first."""
_ENOUGH = 0.5
_FEATURE_KINDS: dict[str, About] = {
    "value": "level",
    "rolling_mean": "level",
    "delta": "change",
    "zscore": "change",
    "rolling_std": "variability",
}
_CLEARLY = 1.5
"""From this ratio on a value is called a multiple of what is usual."""


class Seen(NamedTuple):
    """What a view forest knows of a pair's newest reading.

    ``views``, ``shares`` and ``usual`` float64[16] in the order of VIEWS: the reading's views, each one's
    part of the score (they sum to 1), and the median of each in what was learned.
    """

    views: FloatArray
    shares: FloatArray
    usual: FloatArray


class Past(NamedTuple):
    """What is known of a pair's past when its newest reading is explained.

    ``recent`` float64[n]: the newest values, the reading last, as many as are known without a gap. ``day``
    and ``week``: whether the views knew this time of earlier days and weeks: only then is a distance one
    from "this hour".
    """

    recent: FloatArray
    day: bool = False
    week: bool = False


def view_shares(seen: Seen, past: Past, interval: float, unit: str) -> tuple[Share, ...]:
    """The kinds of views that speak for the score, the strongest first; ``interval`` in seconds.

    A kind's part is the sum of its views' shares, its words are its strongest view's, or those of one with a
    shorter memory that is half as strong: what just happened explains what long means say of it. Kinds whose
    strongest view has no more than an even part are left out: they saw nothing unusual.
    """
    words = _ViewWords(seen, past, interval, unit)
    part = dict(zip(VIEWS, seen.shares.tolist(), strict=True))
    found = []
    for about, names in _KINDS.items():
        strongest = max(part[name] for name in names)
        if strongest > 1 / len(VIEWS):
            told = next(name for name in names if part[name] >= _ENOUGH * strongest)
            side, text = words.of(told)
            found.append(Share(about, told, round(sum(part[name] for name in names), 4), side, text))
    return _strongest_first(found)


def feature_shares(
    features: Mapping[str, float],
    expected: ExpectedRange,
    rescore: Callable[[FloatArray], FloatArray],
    unit: str,
) -> tuple[Share, ...]:
    """The features that speak for a classic forest's score, the strongest first.

    ``rescore`` scores rows float64[n, 5]. Each feature in turn is given its usual value (the nearest expected
    one, no change, a quarter of the expected range as deviation): its part is what the score loses by
    that. Features by which nothing is lost are left out.
    """
    usual = _usual_features(features, expected)
    row = np.array([features[name] for name in FEATURES])
    rows = np.tile(row, (len(FEATURES) + 1, 1))
    rows[np.arange(1, len(FEATURES) + 1), np.arange(len(FEATURES))] = [usual[name] for name in FEATURES]
    scores = rescore(rows)
    lost = dict(zip(FEATURES, np.maximum(scores[0] - scores[1:], 0.0).tolist(), strict=True))
    total = sum(lost.values())
    found = []
    for about in dict.fromkeys(_FEATURE_KINDS.values()):
        names = [name for name, kind in _FEATURE_KINDS.items() if kind == about]
        if any(lost[name] > 0 for name in names):
            strongest = max(names, key=lambda name: lost[name])
            side, text = _feature_words(strongest, features, usual, unit)
            found.append(
                Share(about, strongest, round(sum(lost[name] for name in names) / total, 4), side, text)
            )
    return _strongest_first(found)


class _ViewWords:
    """One sentence for each view; see VIEWS for what they are."""

    def __init__(self, seen: Seen, past: Past, interval: float, unit: str) -> None:
        self._views = dict(zip(VIEWS, seen.views.tolist(), strict=True))
        self._usual = dict(zip(VIEWS, seen.usual.tolist(), strict=True))
        self._interval = interval
        self._unit = unit
        self._past = past
        self._span = _spans_in_words(interval)

    def of(self, view: str) -> tuple[Side, str]:
        """On which side of the usual the view is, and what to say of it."""
        value, usual = self._views[view], self._usual[view]
        if view in _KINDS["variability"]:
            return "unsteady", self._variability(view, value, usual)
        if view in _KINDS["change"]:
            return _sign(value), self._change(view, value)
        if view in _KINDS["level"]:
            return _sign(value - usual), self._level(view, value, usual)
        return _sign(value), self._season(view, value)

    def _level(self, view: str, value: float, usual: float) -> str:
        said, normal = self._say(value), self._say(usual)
        if view == "value":
            return f"it is {_against(value, usual, said, f'the usual {normal}', f'{normal} is usual')}"
        high = "high" if value >= usual else "low"
        if view == "peak":
            return (
                f"the highest value of the last {self._span[view]}, {said}, is unusually {high}: "
                f"{normal} is usual"
            )
        return f"its mean over the last {self._span[view]} is unusually {high}: {said}, usually {normal}"

    def _change(self, view: str, value: float) -> str:
        size = self._say(abs(value))
        if view == "from_median":
            side = "above" if value >= 0 else "below"
            return f"it is {size} {side} the median of the last {self._span[view]}"
        if view == "step":
            side = "above" if value >= 0 else "below"
            span = self._span[view]
            return f"the mean of the last {span} is {size} {side} that of the {span} before"
        moved = (
            f"it {'rose' if value > 0 else 'fell'} by {size} in one reading" if value else "it stands still"
        )
        steps = np.abs(np.diff(np.clip(self._past.recent, -LARGEST, LARGEST)))
        if value and len(steps) > 1 and steps[-1] > steps[:-1].max():
            span = duration(len(steps) * self._interval)
            return f"it never changed this fast in the last {span}: {moved}"
        return moved

    def _variability(self, view: str, value: float, usual: float) -> str:
        said, normal = self._say(value), self._say(usual)
        if view == "roughness":
            return f"it moves by {said} from one reading to the next, usually by {normal}"
        steady = "unsteady" if value >= usual else "steady"
        return (
            f"it is unusually {steady} over the last {self._span[view]}: "
            f"its standard deviation is {said}, usually {normal}"
        )

    def _season(self, view: str, value: float) -> str:
        weekly = view in _KINDS["time_of_week"]
        when = "at this time of the week" if weekly else "at this hour"
        known = self._past.week if weekly else self._past.day
        here = f" {when}" if known else ""
        if view in ("daily", "weekly"):
            now = self._views["value"]
            normal = self._say(now - value)
            what = f"what it is{here} ({normal})" if known else f"the usual {normal}"
            return f"it is {_against(now, now - value, self._say(now), what, f'{normal} is usual{here}')}"
        side = "above" if value >= 0 else "below"
        size = self._say(abs(value))
        return f"its mean over the last {self._span[view]} is {size} {side} what is usual{here}"

    def _say(self, value: float) -> str:
        return quantity(value, self._unit)


@cache
def _spans_in_words(interval: float) -> dict[str, str]:
    """How far each view that looks back does so."""
    spans = Spans.of(interval)
    readings = {
        **dict.fromkeys(("short_mean", "daily_short_mean"), spans.short),
        "mean": spans.middle,
        "std": max(5, spans.middle),
        **dict.fromkeys(("long_mean", "from_median", "long_std", "roughness", "peak"), spans.long),
        **dict.fromkeys(("step", "daily_mean", "weekly_mean"), spans.step),
    }
    return {name: duration(count * interval) for name, count in readings.items()}


def _usual_features(features: Mapping[str, float], expected: ExpectedRange) -> dict[str, float]:
    low, high = expected
    return {
        "value": min(max(features["value"], low), high),
        "delta": 0.0,
        "rolling_mean": min(max(features["rolling_mean"], low), high),
        "rolling_std": min(features["rolling_std"], (high - low) / 4),
        "zscore": 0.0,
    }


def _feature_words(
    name: str, features: Mapping[str, float], usual: Mapping[str, float], unit: str
) -> tuple[Side, str]:
    value, delta, zscore = features[name], features["delta"], features["zscore"]
    window = f"the last {ROLLING_WINDOW} readings"
    if name == "value":
        return _sign(value - usual[name]), f"its value of {quantity(value, unit)} is rare by itself"
    if name == "rolling_mean":
        return _sign(value - usual[name]), f"its mean over {window}, {quantity(value, unit)}, is unusual"
    if name == "rolling_std":
        return (
            "unsteady",
            f"it moves more than usual: by {quantity(value, unit)} around its mean over {window}",
        )
    moved = f"it {'rose' if delta > 0 else 'fell'} by {quantity(abs(delta), unit)} in one reading"
    if name == "delta":
        return _sign(delta), moved
    times = "10 times or more" if abs(zscore) >= 10 else f"{abs(zscore):.1f} times"
    side = _sign(zscore)
    return side, f"it is {times} its recent variation {side} its recent mean"


def _against(value: float, usual: float, said: str, multiple: str, instead: str) -> str:
    """``4.1× the usual 41 ms`` where a ratio says something, else ``95% where 12% is usual``."""
    if value > 0 and usual > 0:
        ratio = value / usual
        if ratio >= _CLEARLY:
            return f"{ratio:,.0f}× {multiple}" if ratio >= 10 else f"{ratio:.1f}× {multiple}"
        if 0.01 <= ratio <= 1 / _CLEARLY:
            return f"only {ratio:.2f}× {multiple}"
    return f"{said} where {instead}"


def _sign(value: float) -> Side:
    return "above" if value >= 0 else "below"


def _strongest_first(shares: Iterable[Share]) -> tuple[Share, ...]:
    """By their parts; kinds with the same part stay in their fixed order."""
    return tuple(sorted(shares, key=lambda share: -share.part))
