"""Prometheus's own notation for a series, as in promtool's unit tests: ``1+1x3 _ stale 9 NaN``."""

from __future__ import annotations

import re

_STEPS = re.compile(r"(?P<first>[-+]?[\d.]+)(?P<step>[-+][\d.]+)?x(?P<times>\d+)")
_MISSING = re.compile(r"_x(\d+)")
LOOK_BACK = 20
"""Polls for which Prometheus answers a series' last sample: five minutes of 15 s."""


def samples(text: str) -> list[float | None]:
    """One entry for each poll: the sample, NaN, or None where there is none.

    ``a+bxn`` is a, a+b, ... with n more after the first; ``axn`` is n times a; ``_`` is a missed scrape, at
    which Prometheus goes on answering the last sample, and ``stale`` ends the series until its next one.

    >>> samples("1+1x3 2x2 _ stale _x2 NaN")
    [1.0, 2.0, 3.0, 4.0, 2.0, 2.0, 2.0, None, None, None, nan]
    """
    found: list[float | None] = []
    last: float | None = None
    missed = 0
    for word in text.split():
        for value in _expand(word):
            if value == "stale":
                last = None
            elif value == "_":
                missed += 1
                last = last if missed < LOOK_BACK else None
            else:
                last, missed = float(value), 0
            found.append(last)
    return found


def _expand(word: str) -> list[str]:
    if steps := _STEPS.fullmatch(word):
        first, times = float(steps["first"]), int(steps["times"])
        if steps["step"] is None:
            return [str(first)] * times
        return [str(first + i * float(steps["step"])) for i in range(times + 1)]
    if missing := _MISSING.fullmatch(word):
        return ["_"] * int(missing[1])
    return [word]
