"""Runs ``canopy eval series | nab | events | scorecard``."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from backend.detection.sensitivity import SCORES, score_of
from backend.evaluation.detectors import Detector, detectors
from backend.evaluation.measuring import Cost, Runs
from backend.evaluation.nab_folder import nab_files
from backend.evaluation.pool import spread
from backend.evaluation.scorecard import (
    EventRow,
    NabRow,
    labelled_series,
    score_events,
    score_nab,
)
from backend.evaluation.series import (
    NotASeries,
    alerts,
    published,
    read_series,
    series_below,
    stream,
    weeks_of,
    write_scored,
)
from backend.metrics.files import replace_synced
from backend.metrics.visible import visible

_BYTES_A_READING = 30
"""Of a CSV's row, about."""


class EvaluationError(Exception):
    """What was asked for cannot be measured; the text says why in one line."""


def run(options: argparse.Namespace) -> None:
    """Run what was asked for, printing as it goes. Raises EvaluationError."""
    commands = {"series": _series, "nab": _nab, "events": _events, "scorecard": _scorecard}
    commands[options.what](options)


def _series(options: argparse.Namespace) -> None:
    data, out = _folder(options.data), options.out
    detector = replace(detectors(options.seed, options.zone)[0], threshold=score_of(options.sensitivity))
    files = _inputs(data, out)
    _make_writable(out)
    jobs = [(detector, path, out / path.relative_to(data)) for path in files]
    size = sum(path.stat().st_size for path in files if path.exists())
    rates = AlertRates()
    for text, counted in spread(_score_file, jobs, size // _BYTES_A_READING):
        print(visible(text), flush=True)
        rates += counted
    if not rates.series:
        raise EvaluationError(f"none of the {len(files)} CSV files below {data} could be scored")
    print(rates.text())


def _inputs(data: Path, out: Path) -> list[Path]:
    """The CSV files below ``data`` that are not results of an earlier run. Raises EvaluationError."""
    if out.is_file():
        raise EvaluationError(f"{out} is a file: a folder is needed for the results")
    # os.path, because a link that leads to itself has a real path there too.
    inside = Path(os.path.realpath(out))
    results = inside if Path(os.path.realpath(data)) in inside.parents else None
    files = [path for path in series_below(data) if results not in Path(os.path.realpath(path)).parents]
    if not files:
        raise EvaluationError(f"no CSV file below {data}")
    sources = set(map(os.path.realpath, files))
    for target in (out / path.relative_to(data) for path in files):
        if os.path.realpath(target) in sources:
            raise EvaluationError(f"{target} would be overwritten: give another folder as --out")
    return files


def _make_writable(out: Path) -> None:
    """Find out before anything is scored whether results can be written. Raises EvaluationError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"cannot write {out}: {error.strerror}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise EvaluationError(f"cannot write {out}: no permission")


@dataclass(frozen=True, slots=True)
class AlertRates:
    """How many alerts each sensitivity would have sent, over how many series, readings and weeks."""

    series: int = 0
    readings: int = 0
    weeks: float = 0.0
    alerts: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: AlertRates) -> AlertRates:
        alerts = {name: self.alerts.get(name, 0) + other.alerts.get(name, 0) for name in SCORES}
        return AlertRates(
            self.series + other.series, self.readings + other.readings, self.weeks + other.weeks, alerts
        )

    def text(self) -> str:
        """Alerts a week and series, by sensitivity, from the calmest."""
        if not self.readings:
            return "alerts a week and series: there is no row that can be read"
        if not self.weeks:
            return "alerts a week and series: the series are too short to say"
        rates = (f"{name} {self.alerts[name] / self.weeks:.2g} (from {SCORES[name]:g})" for name in SCORES)
        return f"alerts a week and series, by sensitivity: {', '.join(rates)}"


def _score_file(job: tuple[Detector, Path, Path]) -> tuple[str, AlertRates]:
    """Score one file; what was done with it in one line, and what other sensitivities would have done."""
    detector, path, target = job
    start = time.perf_counter()
    try:
        series = read_series(path)
    except NotASeries as error:
        return f"left out: {error}", AlertRates()
    scores = stream(detector, series)
    raised = alerts(detector, series, scores)
    try:
        write_scored(series, published(detector, series, scores), raised, target)
    except NotASeries as error:
        return f"left out: {error}", AlertRates()
    except OSError as error:
        return f"left out: cannot write {target}: {error.strerror}", AlertRates()
    note = f", {series.unread} unreadable rows not scored" if series.unread else ""
    line = f"{target}: {len(series)} rows, {int(raised.sum())} alerts{note}"
    if series.unread and series.unread == len(series):
        line = f"{target}: no row that can be read, {len(series)} rows not scored"
    counts = {name: int(alerts(detector, series, scores, limit).sum()) for name, limit in SCORES.items()}
    rates = AlertRates(1, len(series) - series.unread, weeks_of(series), counts)
    return f"{line}, {time.perf_counter() - start:.1f} s", rates


def _nab(options: argparse.Namespace) -> None:
    rows: list[NabRow] = []
    print("detector | threshold | standard / low FP / low FN | error over files | best threshold | alerts")
    with _one_line():
        files = nab_files(_folder(options.data))
        runs = Runs([series for series, _ in files])
        for row in score_nab(files, runs, options.seeds, options.zone):
            rows.append(row)
            print(
                f"{row.detector} | {row.threshold:.3f} | {_figures(row.scores)} | ±{_figures(row.errors)} | "
                f"{row.best_threshold:.3f}: {_figures(row.best_scores)} | {row.alerts:.0f} alerts, "
                f"{_cost(row.cost)}",
                flush=True,
            )
        _keep(options.json, rows)


def _events(options: argparse.Namespace) -> None:
    rows: list[EventRow] = []
    print("detector | threshold | AUC-PR | VUS-PR | event F1 | found, missed, false")
    with _one_line():
        runs = Runs(labelled_series(_folder(options.data)))
        for row in score_events(runs, options.seeds, options.zone):
            rows.append(row)
            print(
                f"{row.detector} | {row.threshold:.3f} | {row.auc_pr:.3f} | {row.vus_pr:.3f} | "
                f"{row.event_f1:.3f} | {row.found:.0f}, {row.missed:.0f}, {row.false:.0f}, {_cost(row.cost)}",
                flush=True,
            )
        _keep(options.json, rows)


def _scorecard(options: argparse.Namespace) -> None:
    from backend.evaluation.drawing import CannotDraw
    from backend.evaluation.report import write_scorecard

    with _one_line():
        try:
            write_scorecard(_folder(options.data), options.out, options.seeds, options.zone)
        except CannotDraw as error:
            raise EvaluationError(str(error)) from error


@contextmanager
def _one_line() -> Iterator[None]:
    """What is wrong with the data, or the disk, becomes one line."""
    try:
        yield
    except (ValueError, NotASeries) as error:
        raise EvaluationError(str(error)) from error
    except OSError as error:
        raise EvaluationError(f"{error.filename or 'output'}: {error.strerror}") from error


def _cost(cost: Cost) -> str:
    return f"{cost.alerts_a_week:.2g} a week and series, {cost.microseconds_a_reading:.0f} µs a reading"


def _figures(by_profile: dict[str, float]) -> str:
    return " / ".join(f"{figure:.1f}" for figure in by_profile.values())


def _keep(path: Path | None, rows: list[NabRow] | list[EventRow]) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_synced(path, (json.dumps([asdict(row) for row in rows], indent=1) + "\n").encode())


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise EvaluationError(f"{path} is not a folder")
    return path
