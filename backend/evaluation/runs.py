"""Runs ``canopy eval series | nab | events``."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.evaluation.detectors import Detector, detectors
from backend.evaluation.scorecard import EventRow, NabRow, score_events, score_nab
from backend.evaluation.series import (
    NotASeries,
    alerts,
    published,
    read_series,
    series_below,
    stream,
    write_scored,
)


class EvaluationError(Exception):
    """What was asked for cannot be measured; the text says why in one line."""


def run(options: argparse.Namespace) -> None:
    """Run what was asked for, printing as it goes. Raises EvaluationError."""
    {"series": _series, "nab": _nab, "events": _events}[options.what](options)


def _series(options: argparse.Namespace) -> None:
    data, out = _folder(options.data), options.out.resolve()
    detector = detectors(options.seed, options.zone)[0]
    files = [path for path in series_below(data) if out not in path.resolve().parents]
    if not files:
        raise EvaluationError(f"no CSV file below {data}")
    for path in files:
        try:
            print(_score_file(detector, path, out / path.relative_to(data)))
        except NotASeries as error:
            print(f"left out: {error}")


def _score_file(detector: Detector, path: Path, target: Path) -> str:
    """Score one file; what was done with it in one line."""
    start = time.perf_counter()
    series = read_series(path)
    scores = stream(detector, series)
    raised = alerts(detector, series, scores)
    write_scored(series, published(detector, series, scores), raised, target)
    unusable = int((~series.usable).sum())
    note = f", {unusable} unreadable rows not scored" if unusable else ""
    seconds = time.perf_counter() - start
    return f"{target}: {len(series.rows)} rows, {int(raised.sum())} alerts{note}, {seconds:.1f} s"


def _nab(options: argparse.Namespace) -> None:
    rows: list[NabRow] = []
    print("detector | threshold | standard / low FP / low FN | error over files | best threshold | alerts")
    for row in _measured(score_nab(_folder(options.data), options.seeds, options.zone)):
        rows.append(row)
        print(
            f"{row.detector} | {row.threshold:.3f} | {_figures(row.scores)} | ±{_figures(row.errors)} | "
            f"{row.best_threshold:.3f}: {_figures(row.best_scores)} | {row.alerts:.0f} alerts, "
            f"{row.microseconds:.0f} µs a reading",
            flush=True,
        )
    _keep(options.json, rows)


def _events(options: argparse.Namespace) -> None:
    rows: list[EventRow] = []
    print("detector | threshold | AUC-PR | VUS-PR | event F1 | found, missed, false")
    for row in _measured(score_events(_folder(options.data), options.seeds, options.zone)):
        rows.append(row)
        print(
            f"{row.detector} | {row.threshold:.3f} | {row.auc_pr:.3f} | {row.vus_pr:.3f} | "
            f"{row.event_f1:.3f} | {row.found:.0f}, {row.missed:.0f}, {row.false:.0f}, "
            f"{row.microseconds:.0f} µs a reading",
            flush=True,
        )
    _keep(options.json, rows)


def _measured(rows: Iterable[Any]) -> Iterable[Any]:
    """The rows as they come; what is wrong with the data becomes one line."""
    try:
        yield from rows
    except (ValueError, NotASeries, OSError) as error:
        raise EvaluationError(str(error)) from error


def _figures(by_profile: dict[str, float]) -> str:
    return " / ".join(f"{figure:.1f}" for figure in by_profile.values())


def _keep(path: Path | None, rows: list[NabRow] | list[EventRow]) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise EvaluationError(f"{path} is not a folder")
    return path
