"""Series that no detector may stumble over: name -> timestamps and values, five minutes apart."""

from __future__ import annotations

import numpy as np

STEP = 300.0


def noisy(count: int, seed: int = 0) -> np.ndarray:
    return 100 + np.random.default_rng(seed).normal(0, 5, count)


def stamps(count: int, start: int = 0) -> np.ndarray:
    return 1.7e9 + STEP * np.arange(start, start + count, dtype=np.float64)


_VALUES = {
    "constant": np.full(400, 35.0),
    "all zero": np.zeros(400),
    "one value, then silence": np.r_[7.0, np.zeros(300)],
    "one reading": np.array([7.0]),
    "three readings": np.array([1.0, 2.0, 2.0]),
    "two levels": np.tile([0.0, 1.0], 200),
    "mostly idle": np.r_[np.zeros(290), 3, 1, np.zeros(80)],
    "huge": noisy(400) * 1e300,
    "tiny": noisy(400) * 1e-300,
    "negative": -noisy(400),
    "bytes": 1e9 + 1e6 * noisy(400),
    "both ends": np.tile([1.7e308, -1.7e308, 0.0, 1e-308], 100),
    "huge once, then small": np.r_[noisy(200), 1e18, noisy(500)],
}
_HOURS = np.random.default_rng(1).choice([STEP, STEP, STEP, 7200.0, 90_000.0], 600)

HARD: dict[str, tuple[np.ndarray, np.ndarray]] = {
    **{name: (stamps(len(values)), values) for name, values in _VALUES.items()},
    "gaps of hours": (1.7e9 + np.cumsum(_HOURS), noisy(600)),
    "ten years": (1.4e9 + np.linspace(0, 10 * 365.25 * 86_400, 700), noisy(700)),
    "before 1970": (stamps(400) - 3e9, noisy(400)),
    "every reading twice": (np.repeat(stamps(300), 2), noisy(600)),
    "backwards": (stamps(400)[::-1], noisy(400)),
    "in any order": (np.random.default_rng(2).permutation(stamps(400)), noisy(400)),
}
