"""The commands ``canopy eval series | nab | events``."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give ``canopy eval`` its sub-commands; each sets ``evaluate``, a function of the parsed options."""
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    series = commands.add_parser("series", help="write every CSV below a folder back with scores and alerts")
    series.add_argument("--out", type=Path, required=True, help="where the scored files go")
    series.add_argument("--seed", type=int, default=0, help="seed of the detector (0)")
    series.set_defaults(evaluate=_series)
    nab = commands.add_parser("nab", help="score a NAB folder by NAB's published rules")
    nab.set_defaults(evaluate=_nab)
    events = commands.add_parser("events", help="AUC-PR, VUS-PR and event F1 over labelled CSVs")
    events.set_defaults(evaluate=_events)
    for command in (series, nab, events):
        command.add_argument("--data", type=Path, required=True, help="folder with the CSV files")
        command.add_argument("--zone", type=_zone, help="time zone of daily and weekly habits (UTC)")
    for command in (nab, events):
        command.add_argument("--seeds", type=_positive, default=1, help="seeds to take the median of (1)")
        command.add_argument("--json", type=Path, help="also write the figures to this file")


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


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"no such time zone: {name}") from error


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
