"""Runs detectors over folders of series and tells what each of them is worth."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.evaluation import events, nab
from backend.evaluation.detectors import Detector, Scorer, detectors
from backend.evaluation.series import (
    NotASeries,
    Series,
    alerts,
    published,
    read_series,
    series_below,
    stream,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SWEEP = 100
"""Thresholds that are tried for the best one."""

WARM_UP = 0.15
"""The share of a labelled series, from its start, whose events and alerts do not count, as in NAB."""


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
    microseconds: float


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
    microseconds: float


def score_nab(folder: Path, seeds: int, zone: ZoneInfo | None = None) -> Iterator[NabRow]:
    """Each detector's row over a NAB folder, the median over seeds; see `nab_files` for the folder's form."""
    files = nab_files(folder)
    series = [item for item, _ in files]
    marks = [mark for _, mark in files]
    known = _Runs(series)
    for versions in zip(*(detectors(seed, zone) for seed in range(seeds)), strict=True):
        runs = [known.of(detector) for detector in versions]
        detector = versions[0]
        raised = [
            [alerts(detector, item, file) for item, file in zip(series, scores, strict=True)]
            for scores, _ in runs
        ]
        best, best_scores = _best(detector, series, marks, [scores for scores, _ in runs])
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
            microseconds=_median(cost for _, cost in runs),
        )


def score_events(folder: Path, seeds: int, zone: ZoneInfo | None = None) -> Iterator[EventRow]:
    """Each detector's row over the labelled CSVs below a folder, the median over seeds.

    Raises ValueError where nothing is labelled.
    """
    series = [item for item in _readable(folder) if item.labels is not None and item.labels.any()]
    if not series:
        raise ValueError(f"no labelled CSV below {folder}: columns timestamp, value and label")
    quiet = [item for item in _readable(folder) if item.labels is not None and not item.labels.any()]
    known = _Runs(series + quiet)
    for versions in zip(*(detectors(seed, zone) for seed in range(seeds)), strict=True):
        yield _event_row(versions, series + quiet, known)


def nab_files(folder: Path) -> list[tuple[Series, nab.Rubric]]:
    """Series and their marks of a folder with ``windows.json`` beside the series, or of a NAB checkout.

    A checkout has ``labels/combined_windows.json`` and ``data/``. Raises ValueError.
    """
    forms = (
        (folder / "windows.json", folder),
        (folder / "labels" / "combined_windows.json", folder / "data"),
    )
    for listing, data in forms:
        if listing.is_file():
            windows = json.loads(listing.read_text(encoding="utf-8"))
            return [_nab_file(data / name, windows[name]) for name in sorted(windows)]
    raise ValueError(f"{folder} is no NAB folder: neither {forms[0][0].name} nor {forms[1][0]} is there")


def _nab_file(path: Path, windows: Sequence[tuple[str, str]]) -> tuple[Series, nab.Rubric]:
    series = read_series(path)
    stamps = (series.timestamps * 1e6).round().astype("datetime64[us]")
    return series, nab.rubric(stamps, windows)


def _readable(folder: Path) -> Iterator[Series]:
    for path in series_below(folder):
        try:
            yield read_series(path)
        except NotASeries:
            continue


class _Runs:
    """Each scorer's scores of every series and its microseconds of processor a reading, computed once."""

    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series
        self._done: dict[Scorer, tuple[list[FloatArray], float]] = {}

    def of(self, detector: Detector) -> tuple[list[FloatArray], float]:
        if detector.scorer not in self._done:
            start = time.process_time()
            scores = [stream(detector, item) for item in self._series]
            readings = sum(len(item) for item in self._series)
            cost = 1e6 * (time.process_time() - start) / max(1, readings)
            self._done[detector.scorer] = scores, cost
        return self._done[detector.scorer]


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


def _event_row(versions: Sequence[Detector], series: Sequence[Series], known: _Runs) -> EventRow:
    detector = versions[0]
    auc, vus, counts, costs = [], [], [], []
    for version in versions:
        runs, cost = known.of(version)
        counted = [_after_warm_up(version, item, scores) for item, scores in zip(series, runs, strict=True)]
        labelled = [(labels, scores) for labels, scores, _ in counted if labels.any()]
        auc.append(float(np.mean([events.auc_pr(*pair) for pair in labelled])))
        vus.append(float(np.mean([events.vus_pr(*pair) for pair in labelled])))
        total = events.EventCounts(0, 0, 0)
        for labels, _, raised in counted:
            total += events.count_events(labels, raised)
        counts.append(total)
        costs.append(cost)
    return EventRow(
        detector=detector.name,
        threshold=detector.threshold,
        auc_pr=_median(auc),
        vus_pr=_median(vus),
        event_f1=_median(total.f1() for total in counts),
        found=_median(total.found for total in counts),
        missed=_median(total.missed for total in counts),
        false=_median(total.false for total in counts),
        microseconds=_median(costs),
    )


def _after_warm_up(
    detector: Detector, series: Series, scores: FloatArray
) -> tuple[BoolArray, FloatArray, BoolArray]:
    """Labels, scores and alerts of the rows that count."""
    if series.labels is None:
        raise ValueError(f"{series.path} has no labels")
    start = int(WARM_UP * len(series))
    raised = alerts(detector, series, scores)
    return series.labels[start:], published(detector, series, scores)[start:], raised[start:]


def _median(values: Iterator[float] | Sequence[float]) -> float:
    return float(np.median(list(values)))
