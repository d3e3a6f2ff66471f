"""Runs ``canopy simulate`` and ``canopy plot``."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from backend.detection.sensitivity import score_of
from backend.evaluation.detectors import Detector, detectors
from backend.evaluation.drawing import FORMATS, CannotDraw, Track, draw
from backend.evaluation.runs import EvaluationError
from backend.evaluation.series import NotASeries, Series, alerts, published, read_series, series_below, stream
from backend.evaluation.simulation import Simulated, simulate
from backend.metrics.visible import visible


def run_simulate(options: argparse.Namespace) -> None:
    """Write the series, their windows and their faults. Raises EvaluationError."""
    made = [
        simulate(number, days=options.days, interval=options.interval, seed=options.seed, kinds=options.kinds)
        for number in range(options.series)
    ]
    try:
        _write(made, options.out)
    except OSError as error:
        raise EvaluationError(f"{error.filename or options.out}: {error.strerror}") from error
    faults = sum(len(series.faults) for series in made)
    readings = sum(len(series.values) for series in made)
    print(visible(f"{options.out}: {len(made)} series, {readings} readings, {faults} faults"))
    for series in made:
        named = ", ".join(f"{fault.kind} at {_stamp(series, fault.first)}" for fault in series.faults)
        print(f"  {series.name}.csv: {named or 'no fault'}")


def _write(made: list[Simulated], out: Path) -> None:
    names = {f"{series.name}.csv" for series in made}
    others = sorted(path.name for path in out.glob("*.csv") if path.name not in names)
    if others:
        raise EvaluationError(f"{out} holds other series ({others[0]}): give a new folder")
    out.mkdir(parents=True, exist_ok=True)
    for series in made:
        stamps = series.timestamps.astype("datetime64[s]").astype(str)
        rows = zip(stamps, series.values.tolist(), series.labels.tolist(), strict=True)
        lines = [f"{stamp.replace('T', ' ')},{value:.6g},{int(label)}\n" for stamp, value, label in rows]
        (out / f"{series.name}.csv").write_text("timestamp,value,label\n" + "".join(lines), encoding="utf-8")
    windows = {
        f"{series.name}.csv": [[_stamp(series, f.first), _stamp(series, f.last)] for f in series.faults]
        for series in made
    }
    faults = [
        {
            "series": f"{series.name}.csv",
            "kind": fault.kind,
            "first": _stamp(series, fault.first),
            "last": _stamp(series, fault.last),
        }
        for series in made
        for fault in series.faults
    ]
    (out / "windows.json").write_text(json.dumps(windows, indent=1) + "\n", encoding="utf-8")
    (out / "faults.json").write_text(json.dumps(faults, indent=1) + "\n", encoding="utf-8")


def _stamp(series: Simulated, row: int) -> str:
    return str(np.datetime64(int(series.timestamps[row]), "s")).replace("T", " ")


def run_plot(options: argparse.Namespace) -> None:
    """Draw one file, or every series below a folder. Raises EvaluationError."""
    source, out = options.source, options.out
    detector = replace(
        detectors(options.seed, options.zone)[0], threshold=score_of(options.sensitivity or "medium")
    )
    try:
        if source.is_dir():
            _plot_folder(source, out, detector, options)
        elif source.exists():
            target = out if out.suffix and not out.is_dir() else out / f"{source.name}.png"
            if target.suffix.lower() not in FORMATS:
                raise EvaluationError(f"cannot write {out}: a plot's name ends in .png or .svg")
            print(visible(_plot(source, target, source.name, detector, options)))
        else:
            raise EvaluationError(f"there is no {source}")
    except (NotASeries, CannotDraw) as error:
        raise EvaluationError(str(error)) from error
    except OSError as error:
        raise EvaluationError(f"{error.filename or out}: {error.strerror}") from error


def _plot_folder(source: Path, out: Path, detector: Detector, options: argparse.Namespace) -> None:
    if out.suffix.lower() in FORMATS or out.is_file():
        raise EvaluationError(f"{source} is a folder, so its plots need one too, and {out} is none")
    files = list(series_below(source))
    if not files:
        raise EvaluationError(f"no CSV file below {source}")
    for path in files:
        name = path.relative_to(source)
        target = out / f"{name}.png"
        try:
            print(visible(_plot(path, target, str(name), detector, options)))
        except NotASeries as error:
            print(visible(f"left out: {error}"))
        except OSError as error:
            print(visible(f"left out: cannot write {target}: {error.strerror}"))


def _plot(path: Path, target: Path, title: str, detector: Detector, options: argparse.Namespace) -> str:
    """Draw a file with its own scores and alerts, or with the detector's where it has none; says so."""
    series = read_series(path)
    scored = series.scores is not None and series.alerts is not None
    track = _track(series, detector, known=options.sensitivity is not None)
    draw(target, series, [track], title=title, labels=series.labels, zone=options.zone)
    origin = "the file's scores" if scored else "scored now"
    return f"{target}: {len(series)} rows, {int(track.alerts.sum())} alerts, {origin}"


def _track(series: Series, detector: Detector, *, known: bool) -> Track:
    """The file's own scores, with a threshold where it is ``known``, else the detector's."""
    name = f"anomaly score, threshold {detector.threshold:.3g}"
    if series.scores is not None and series.alerts is not None:
        if known:
            return Track(name, series.scores, series.alerts, detector.threshold)
        return Track("anomaly score", series.scores, series.alerts, None)
    scores = stream(detector, series)
    raised = alerts(detector, series, scores)
    return Track(name, published(detector, series, scores), raised, detector.threshold)
