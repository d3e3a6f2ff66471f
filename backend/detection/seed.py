"""The seed of a pair's trees: from its name, so that the same readings give the same scores everywhere."""

from __future__ import annotations

import zlib

from backend.metrics.readings import SeriesKey


def seed_of(key: SeriesKey) -> int:
    """0 to 2^32 - 1; the same in live detection, training, backtest and evaluation."""
    return zlib.crc32(f"{key.service}\0{key.metric}".encode("utf-8", "surrogatepass"))
