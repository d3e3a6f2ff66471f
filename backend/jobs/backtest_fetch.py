"""Fetches the past of many pairs from Prometheus for a backtest, bounded in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from backend.jobs.replay import Cancelled
from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import PrometheusClient, SeriesArrays, joined
from backend.metrics.readings import SeriesKey

MOST_READINGS = 30_000_000
"""Of all pairs together: half a gigabyte. 370 pairs of 14 days at 15 s."""


class TooMuch(Exception):
    """The range holds more readings than are taken at once; the text says what to do."""


def fetch(
    prometheus: PrometheusClient,
    specs: Collection[MetricSpec],
    service: str | None,
    grid: tuple[float, float, float],
    *,
    stopped: Callable[[], bool],
    say: Callable[[str], None],
) -> dict[SeriesKey, SeriesArrays]:
    """The readings of every service, or of one, for each metric: those that live polls would have had.

    ``grid``: first and last grid time and the poll interval, in seconds. Raises PrometheusError, TooMuch, and
    Cancelled as soon as ``stopped`` says so; a request under way is waited for.
    """
    start, end, interval = grid
    found: dict[SeriesKey, SeriesArrays] = {}
    held = 0
    for number, spec in enumerate(specs, start=1):
        say(f"fetching {spec.title} ({number} of {len(specs)} metrics)")
        pieces: dict[str, list[SeriesArrays]] = {}
        for piece in prometheus.range_pieces(spec.query, start, end, interval):
            held += _keep(piece, service, pieces)
            if held > MOST_READINGS:
                raise TooMuch(
                    f"the range holds more than {MOST_READINGS:,} readings of these services and metrics: "
                    "ask for one service, one metric, or a shorter range"
                )
            if stopped():
                raise Cancelled
        found |= {SeriesKey(name, spec.key): joined(parts) for name, parts in pieces.items()}
    return {key: arrays for key, arrays in found.items() if len(arrays[0])}


def _keep(
    piece: Mapping[str, SeriesArrays], service: str | None, pieces: dict[str, list[SeriesArrays]]
) -> int:
    """Add a piece's series to ``pieces``; how many readings these are."""
    kept = 0
    for name, arrays in piece.items():
        if service in (None, name):
            pieces.setdefault(name, []).append(arrays)
            kept += len(arrays[0])
    return kept
