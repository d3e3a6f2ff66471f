"""Draws a series with what detectors said of it: values, scores, thresholds and alerts, as PNG or SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.evaluation.detectors import interval_of
from backend.evaluation.events import events_of
from backend.evaluation.series import NotASeries, Series
from backend.metrics.files import replace_synced
from backend.metrics.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FORMATS = (".png", ".svg")
_WIDTH, _VALUES_HEIGHT, _TRACK_HEIGHT, _DPI = 10.0, 2.6, 1.1, 80
_COLOURS = 48
_VALUE, _SCORE, _ALERT, _LABEL = "#1f5fa8", "#5b6470", "#c62828", "#f3c969"
_GAP = 3.0
"""Intervals without a reading from which the line is broken."""

_LARGEST = 1e150
"""Values are drawn as if they were no larger: an axis longer than this cannot be divided."""


class CannotDraw(Exception):
    """There is nothing to draw with; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Track:
    """What one detector said of a series: float64[n] scores and bool[n] alerts, in the file's order.

    ``threshold`` is None where nobody knows at which one it alerted.
    """

    name: str
    scores: FloatArray
    alerts: BoolArray
    threshold: float | None


def draw(
    path: Path,
    series: Series,
    tracks: Sequence[Track],
    *,
    title: str,
    labels: BoolArray | None = None,
    zone: ZoneInfo | None = None,
) -> None:
    """Draw the series above one strip for each track, labelled stretches shaded.

    The form is the path's ending, one of FORMATS. What is at ``path`` is replaced as a whole. Raises
    NotASeries for a series without a readable row, CannotDraw, and OSError where it cannot be written.
    """
    if not series.usable.any():
        raise NotASeries(f"{series.path} has no row with a timestamp and a value: nothing to draw")
    figure, panels = _panels(len(tracks))
    order = series.by_time
    times = series.timestamps[order]
    breaks = np.flatnonzero(np.diff(times) > _GAP * interval_of(times)) + 1
    stamps = (times * 1e6).round().astype("datetime64[us]")
    _line(panels[0], stamps, np.clip(series.values[order], -_LARGEST, _LARGEST), breaks, _VALUE)
    panels[0].set_ylabel("value")
    panels[0].set_title(visible(title), loc="left", fontsize=11, parse_math=False)
    for panel in panels:
        for first, last in events_of(labels[order]) if labels is not None else []:
            panel.axvspan(stamps[first], stamps[last], color=_LABEL, alpha=0.5, lw=1)
    for panel, track in zip(panels[1:], tracks, strict=True):
        _strip(panel, stamps, breaks, track, order)
    if len(tracks) == 1:
        _mark(panels[0], stamps[tracks[0].alerts[order]])
    _dates(panels[-1], zone)
    panels[-1].set_xlim(stamps[0], stamps[-1] if stamps[-1] > stamps[0] else stamps[0] + 1_000_000)
    _save(figure, path)


def _panels(tracks: int) -> tuple[Figure, list[Axes]]:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise CannotDraw(
            "drawing needs matplotlib, which a running Canopy does not: .venv/bin/pip install matplotlib"
        ) from error
    heights = [_VALUES_HEIGHT] + [_TRACK_HEIGHT] * tracks
    figure = Figure(figsize=(_WIDTH, sum(heights)), dpi=_DPI, layout="constrained")
    panels = figure.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return figure, list(panels)


def _strip(
    panel: Axes, stamps: NDArray[Any], breaks: NDArray[Any], track: Track, order: NDArray[np.intp]
) -> None:
    _line(panel, stamps, track.scores[order], breaks, _SCORE)
    raised = track.alerts[order]
    _mark(panel, stamps[raised])
    panel.set_ylim(0, 1.1)
    ticks = [0.0, 1.0]
    if track.threshold is not None:
        panel.axhline(track.threshold, color=_ALERT, lw=0.8, ls="--")
        ticks.insert(1, track.threshold)
    panel.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    count = int(raised.sum())
    panel.set_title(f"{track.name}: {count} {'alert' if count == 1 else 'alerts'}", loc="left", fontsize=9)


def _line(panel: Axes, stamps: NDArray[Any], values: FloatArray, breaks: NDArray[Any], color: str) -> None:
    """A line through the values, broken where readings are missing."""
    at = np.insert(stamps, breaks, stamps[breaks])
    if len(at) == 1:
        panel.plot(at, values, color=color, marker="o", ms=3)
    panel.plot(at, np.insert(values, breaks, np.nan), color=color, lw=0.7)


def _mark(panel: Axes, stamps: NDArray[Any]) -> None:
    """A red mark at the upper edge for each alert."""
    if not len(stamps):
        return  # an axis without a place for its marks cannot be laid out
    height = panel.get_xaxis_transform()
    panel.plot(stamps, np.full(len(stamps), 0.97), "v", color=_ALERT, ms=6, transform=height, clip_on=False)


def _dates(panel: Axes, zone: ZoneInfo | None) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=zone or UTC)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone or UTC))


def _save(figure: Figure, path: Path) -> None:
    """Write the figure; without a date and random names the same series gives the same bytes."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    content = BytesIO()
    if path.suffix.lower() == ".svg":
        with matplotlib.rc_context({"svg.hashsalt": "canopy"}):
            figure.savefig(content, format="svg", metadata={"Date": None})
    else:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        # Few colours are in it, so that a palette makes it a third as large; one alert's red is among them.
        coverage = Image.Quantize.MAXCOVERAGE
        image.quantize(_COLOURS, coverage, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_synced(path, content.getvalue())
