"""Runs detectors over series and tells what each of them is worth."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.evaluation import events, nab
from backend.evaluation.detectors import Detector, detectors
from backend.evaluation.measuring import Cost, Runs
from backend.evaluation.series import (
    NotASeries,
    Series,
    alerts,
    published,
    read_series,
    series_below,
    tell_unread,
)
from backend.metrics.visible import visible

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SWEEP = 100
"""Thresholds that are tried for the best one."""

WARM_UP = 0.15
"""The share of a labelled series, from its start, whose events and alerts do not count, as in NAB."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A detector over series of which nothing is known: median over seeds."""

    detector: str
    threshold: float
    cost: Cost


@dataclass(frozen=True, slots=True)
class NabRow:
    """A detector's NAB figures: profile name -> score, its error over files, and at the best threshold."""

    detector: str
    threshold: float
    scores: dict[str, float]
    errors: dict[str, float]
    best_threshold: float
    best_scores: dict[str, float]
    alerts: float
    cost: Cost


@dataclass(frozen=True, slots=True)
class EventRow:
    """A detector's figures on labelled series: means over series, and the F1 of all their events together."""

    detector: str
    threshold: float
    auc_pr: float
    vus_pr: float
    event_f1: float
    found: float
    missed: float
    false: float
    cost: Cost


def score_nab(
    files: Sequence[tuple[Series, nab.Rubric]], runs: Runs, seeds: int, zone: ZoneInfo | None = None
) -> Iterator[NabRow]:
    """Each detector's row over the series of ``runs``, which are those of `nab_files`; medians over seeds."""
    marks = [mark for _, mark in files]
    for versions in _versions(seeds, zone):
        detector = versions[0]
        raised = [runs.raised(version) for version in versions]
        scores = [[run.scores for run in runs.of(version)] for version in versions]
        best, best_scores = _best(detector, runs.series, marks, scores)
        yield NabRow(
            detector=detector.name,
            threshold=detector.threshold,
            scores=_by_profile(marks, raised),
            errors={
                profile.name: _median(nab.bootstrap_error(marks, one, profile) for one in raised)
                for profile in nab.PROFILES
            },
            best_threshold=best,
            best_scores=best_scores,
            alerts=_median(sum(int(file.sum()) for file in one) for one in raised),
            cost=runs.cost(versions),
        )


def score_events(runs: Runs, seeds: int, zone: ZoneInfo | None = None) -> Iterator[EventRow]:
    """Each detector's row over labelled series, the median over seeds."""
    for versions in _versions(seeds, zone):
        yield _event_row(versions, runs)


def score_alerts(runs: Runs, seeds: int, zone: ZoneInfo | None = None) -> Iterator[AlertRow]:
    """Each detector's row over series without labels, the median over seeds."""
    for versions in _versions(seeds, zone):
        yield AlertRow(versions[0].name, versions[0].threshold, runs.cost(versions))


def _versions(seeds: int, zone: ZoneInfo | None) -> Iterator[list[Detector]]:
    """Each detector with every seed; once where a seed changes nothing."""
    for versions in zip(*(detectors(seed, zone) for seed in range(seeds)), strict=True):
        yield list(dict.fromkeys(versions))


def labelled_series(folder: Path) -> list[Series]:
    """The CSVs below a folder that have labels. Raises ValueError where none of them labels anything."""
    found = list(readable_series(folder))
    if not any(item.labels is not None and item.labels.any() for item in found):
        raise ValueError(f"no labelled CSV below {folder}: columns timestamp, value and label")
    return with_labels(found)


def with_labels(found: Iterable[Series]) -> list[Series]:
    """Those of the series that have labels; the others are named in the log."""
    labelled = []
    for series in found:
        if series.labels is None:
            log.warning("left out: %s has no column label", visible(str(series.path)))
        else:
            labelled.append(series)
    return labelled


def readable_series(folder: Path) -> Iterator[Series]:
    """The series below a folder; what is none, or cannot be read in part, is named in the log."""
    for path in series_below(folder):
        try:
            series = read_series(path)
        except NotASeries as error:
            log.warning("left out: %s", visible(str(error)))
            continue
        if series.usable.any():
            tell_unread(series)
            yield series
        else:
            log.warning("left out: %s has no row that can be read", visible(str(path)))


def _by_profile(marks: Sequence[nab.Rubric], raised: Sequence[Sequence[BoolArray]]) -> dict[str, float]:
    return {
        profile.name: _median(nab.normalised(marks, one, profile) for one in raised)
        for profile in nab.PROFILES
    }


def _best(
    detector: Detector,
    series: Sequence[Series],
    marks: Sequence[nab.Rubric],
    runs: Sequence[Sequence[FloatArray]],
) -> tuple[float, dict[str, float]]:
    """The threshold with the best standard score, and what it gives: what tuning to these series would."""
    seen = np.concatenate([np.concatenate(scores) for scores in runs])
    candidates = np.unique(np.quantile(seen, 1 - np.geomspace(1e-5, 0.2, _SWEEP)))
    results = []
    for limit in candidates.tolist():
        raised = [
            [alerts(detector, item, file, limit) for item, file in zip(series, scores, strict=True)]
            for scores in runs
        ]
        results.append((limit, _by_profile(marks, raised)))
    return max(results, key=lambda result: result[1][nab.PROFILES[0].name])


def _event_row(versions: Sequence[Detector], runs: Runs) -> EventRow:
    detector = versions[0]
    auc, vus, counts = [], [], []
    for version in versions:
        counted = [
            _after_warm_up(version, item, run.scores)
            for item, run in zip(runs.series, runs.of(version), strict=True)
        ]
        labelled = [(labels, scores) for labels, scores, _ in counted if labels.any()]
        if not labelled:
            raise ValueError(f"nothing is labelled after the first {WARM_UP:.0%} of the series")
        auc.append(float(np.mean([events.auc_pr(*pair) for pair in labelled])))
        vus.append(float(np.mean([events.vus_pr(*pair) for pair in labelled])))
        total = events.EventCounts(0, 0, 0)
        for labels, _, raised in counted:
            total += events.count_events(labels, raised)
        counts.append(total)
    return EventRow(
        detector=detector.name,
        threshold=detector.threshold,
        auc_pr=_median(auc),
        vus_pr=_median(vus),
        event_f1=_median(total.f1() for total in counts),
        found=_median(total.found for total in counts),
        missed=_median(total.missed for total in counts),
        false=_median(total.false for total in counts),
        cost=runs.cost(versions),
    )


def _after_warm_up(
    detector: Detector, series: Series, scores: FloatArray
) -> tuple[BoolArray, FloatArray, BoolArray]:
    """Labels, scores and alerts of the readings that count, in order of time."""
    if series.labels is None:
        raise ValueError(f"{series.path} has no labels")
    order = series.by_time
    counted = order[int(WARM_UP * len(order)) :]
    raised = alerts(detector, series, scores)
    return series.labels[counted], published(detector, series, scores)[counted], raised[counted]


def _median(values: Iterable[float]) -> float:
    return float(np.median(list(values)))
