"""Writes the scorecard: every detector on every data set, in a Markdown page with plots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.evaluation import events, nab
from backend.evaluation.detectors import detectors
from backend.evaluation.drawing import Track, draw
from backend.evaluation.measuring import Cost, Runs
from backend.evaluation.nab_folder import nab_files
from backend.evaluation.scorecard import (
    AlertRow,
    EventRow,
    NabRow,
    readable_series,
    score_alerts,
    score_events,
    score_nab,
    with_labels,
)
from backend.evaluation.scorecard_page import ENDING, introduction
from backend.evaluation.series import NotASeries, Series, published, read_series, series_below, weeks_of
from backend.metrics.files import replace_synced
from backend.metrics.visible import visible

BoolArray = NDArray[np.bool_]

_IMAGES = Path("images/scorecard")
_PLACES = ("best", "median", "worst")
_COST_COLUMNS = ("alerts a week and series", "s a series", "µs a reading", "kB a model")


@dataclass(frozen=True, slots=True)
class DataSet:
    """Series of one folder with their labelled stretches, and each detector's row of figures.

    ``merits`` orders the series by how the default detector did: the larger, the better.
    """

    name: str
    runs: Runs
    labels: Sequence[BoolArray | None]
    merits: Sequence[tuple[float, ...]]
    merit: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_scorecard(data: Path, out: Path, seeds: int, zone: ZoneInfo | None = None) -> None:
    """Measure, and write the page ``out`` with its plots in ``images/scorecard/`` beside it.

    Raises ValueError where ``data`` has no series, NotASeries, CannotDraw and OSError.
    """
    parts = [introduction(seeds)]
    for folder in _folders(data):
        print(visible(f"{folder}:"), flush=True)
        measured = _measured(folder, seeds, zone)
        parts.append(_section(measured, out.parent, zone))
    parts.append(ENDING)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_synced(out, "\n".join(parts).encode())
    print(visible(str(out)))


def _folders(data: Path) -> list[Path]:
    """The data sets: ``data`` itself where it is one, else each folder in it that has a CSV below it."""
    if _is_nab(data) or any(path.parent == data for path in series_below(data)):
        return [data]
    found = [path for path in sorted(data.iterdir()) if path.is_dir() and any(series_below(path))]
    # Log files of a structured form are CSVs as well: a folder without one series is no data set.
    folders = [path for path in found if _is_nab(path) or _has_series(path)]
    if not folders:
        raise ValueError(f"no folder with series in {data}")
    return folders


def _has_series(folder: Path) -> bool:
    for path in series_below(folder):
        with suppress(NotASeries):
            if read_series(path).usable.any():
                return True
    return False


def _is_nab(folder: Path) -> bool:
    return (folder / "windows.json").is_file() or (folder / "labels" / "combined_windows.json").is_file()


def _measured(folder: Path, seeds: int, zone: ZoneInfo | None) -> DataSet:
    if _is_nab(folder):
        return _measured_nab(folder, seeds, zone)
    series = list(readable_series(folder))
    name = visible(folder.resolve().name)
    if any(item.labels is not None and item.labels.any() for item in series):
        return _measured_events(name, with_labels(series), seeds, zone)
    return _measured_alerts(name, series, seeds, zone)


def _measured_nab(folder: Path, seeds: int, zone: ZoneInfo | None) -> DataSet:
    files = nab_files(folder)
    runs = Runs([series for series, _ in files])
    rows = []
    for row in score_nab(files, runs, seeds, zone):
        rows.append(_nab_cells(row))
        _say(rows[-1])
    raised = runs.raised(detectors(0, zone)[0])
    standard = nab.PROFILES[0]
    merits = [
        (nab.raw_score(mark, alerts, standard) / max(1, len(mark.windows)),)
        for (_, mark), alerts in zip(files, raised, strict=True)
    ]
    return DataSet(
        name=visible(folder.resolve().name),
        runs=runs,
        labels=[mark.window >= 0 for _, mark in files],
        merits=merits,
        merit="NAB's standard score a window",
        headings=(
            "detector", "threshold", "standard / low FP / low FN", "± over files",
            "best threshold: standard / low FP / low FN", *_COST_COLUMNS,
        ),
        rows=rows,
    )  # fmt: skip


def _measured_events(name: str, series: Sequence[Series], seeds: int, zone: ZoneInfo | None) -> DataSet:
    runs = Runs(series)
    rows = []
    for row in score_events(runs, seeds, zone):
        rows.append(_event_cells(row))
        _say(rows[-1])
    detector = detectors(0, zone)[0]
    merits = []
    for item, run, alerts in zip(series, runs.of(detector), runs.raised(detector), strict=True):
        order = item.by_time
        labels = np.zeros(len(order), dtype=bool) if item.labels is None else item.labels[order]
        scores = published(detector, item, run.scores)[order]
        area = events.auc_pr(labels, scores) if labels.any() else 0.0
        merits.append((events.count_events(labels, alerts[order]).f1(), area))
    return DataSet(
        name=name,
        runs=runs,
        labels=[item.labels for item in series],
        merits=merits,
        merit="event F1 and then AUC-PR",
        headings=(
            "detector", "threshold", "AUC-PR", "VUS-PR", "event F1", "found, missed, false", *_COST_COLUMNS,
        ),
        rows=rows,
    )  # fmt: skip


def _measured_alerts(name: str, series: Sequence[Series], seeds: int, zone: ZoneInfo | None) -> DataSet:
    runs = Runs(series)
    rows = []
    for row in score_alerts(runs, seeds, zone):
        rows.append(_alert_cells(row))
        _say(rows[-1])
    raised = runs.raised(detectors(0, zone)[0])
    return DataSet(
        name=name,
        runs=runs,
        labels=[None] * len(series),
        merits=[
            (-int(alerts.sum()) / max(weeks_of(item), 1e-9),)
            for item, alerts in zip(series, raised, strict=True)
        ],
        merit="their alerts a week",
        headings=("detector", "threshold", *_COST_COLUMNS),
        rows=rows,
    )


def _nab_cells(row: NabRow) -> list[str]:
    best = f"{row.best_threshold:.3f}: {_slashed(row.best_scores)}"
    return [
        row.detector, f"{row.threshold:.3g}", f"**{_slashed(row.scores)}**", _slashed(row.errors), best,
        *_cost_cells(row.cost),
    ]  # fmt: skip


def _event_cells(row: EventRow) -> list[str]:
    return [
        row.detector, f"{row.threshold:.3g}", f"{row.auc_pr:.3f}", f"**{row.vus_pr:.3f}**",
        f"**{row.event_f1:.3f}**", f"{row.found:.0f}, {row.missed:.0f}, {row.false:.0f}",
        *_cost_cells(row.cost),
    ]  # fmt: skip


def _alert_cells(row: AlertRow) -> list[str]:
    return [row.detector, f"{row.threshold:.3g}", *_cost_cells(row.cost)]


def _cost_cells(cost: Cost) -> list[str]:
    return [
        f"{cost.alerts_a_week:.2g}", f"{cost.seconds_a_series:.2g}", f"{cost.microseconds_a_reading:.0f}",
        f"{cost.model_bytes / 1000:.3g}",
    ]  # fmt: skip


def _slashed(by_profile: dict[str, float]) -> str:
    return " / ".join(f"{figure:.1f}" for figure in by_profile.values())


def _say(cells: Sequence[str]) -> None:
    print("  " + " | ".join(cells), flush=True)


def _section(data: DataSet, beside: Path, zone: ZoneInfo | None) -> str:
    readings = sum(map(len, data.runs.series))
    lines = [
        f"## {data.name}",
        "",
        f"{len(data.runs.series)} series, {readings:,} readings, "
        f"{sum(map(weeks_of, data.runs.series)):.0f} weeks in all.",
        "",
        _table_row(data.headings),
        _table_row(["---"] * len(data.headings)),
        *map(_table_row, data.rows),
        "",
        "The series that the default detector does best on, the one in the middle and the worst, by "
        f"{data.merit}: no hand chose them. What is labelled is shaded, a red mark is an alert.",
        "",
    ]
    for place, at in zip(_PLACES, _chosen(data), strict=True):
        name = _IMAGES / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', data.name)}-{place}.png"
        _draw(data, at, place, beside / name, zone)
        lines += [f"![{place}: {visible(data.runs.series[at].path.name)}]({name.as_posix()})", ""]
    return "\n".join(lines)


def _chosen(data: DataSet) -> tuple[int, int, int]:
    """The series of the best, the middle and the worst merit, of those that have something to find."""
    labelled = [at for at, labels in enumerate(data.labels) if labels is not None and labels.any()]
    candidates = labelled or range(len(data.labels))
    order = sorted(candidates, key=lambda at: data.merits[at], reverse=True)
    return order[0], order[len(order) // 2], order[-1]


def _draw(data: DataSet, at: int, place: str, path: Path, zone: ZoneInfo | None) -> None:
    series = data.runs.series[at]
    tracks = [
        Track(
            detector.name,
            published(detector, series, data.runs.of(detector)[at].scores),
            data.runs.raised(detector)[at],
            detector.threshold,
        )
        for detector in detectors(0, zone)
    ]
    title = f"{data.name}, {place}: {series.path.parent.name}/{series.path.name}"
    draw(path, series, tracks, title=title, labels=data.labels[at], zone=zone)


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
