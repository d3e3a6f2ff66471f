"""The command lines of ``canopy eval``, ``simulate`` and ``plot``; what they run is loaded when needed."""

from __future__ import annotations

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.evaluation.simulation import KINDS
from backend.settings import Sensitivity, parse_duration

_SERIES_FORM = (
    "A series is a CSV file with the columns timestamp (ISO, 20260131, or epoch in s, ms, µs or ns; without "
    "a zone UTC) and value, names in any case. "
)

_SENSITIVITIES = "low, medium, high, or the score from which a reading is anomalous"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give ``canopy eval`` its sub-commands; ``what`` says which one was given."""
    commands = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    series = commands.add_parser(
        "series",
        help="write every CSV below a folder back with scores and alerts",
        description=_SERIES_FORM
        + "Each is written to the same path below OUT, row by row as it was, with the columns "
        "anomaly_score (0 to 1) and alert (1 on the reading at which an alert would be sent). At the end: "
        "how many alerts a week each sensitivity would have sent.",
    )
    series.add_argument("--out", type=Path, required=True, help="folder for the scored files")
    _add_detector(series)
    nab = commands.add_parser(
        "nab",
        help="score a NAB folder by NAB's published rules",
        description="The folder is a NAB checkout, or has a windows.json ({file: [[start, end], ...]}) "
        "beside the series. Prints for each detector its scores for NAB's three profiles at its own "
        "threshold, their standard error over files, and what the threshold that is best for these very "
        "files would give.",
    )
    events = commands.add_parser(
        "events",
        help="AUC-PR, VUS-PR and event F1 over labelled CSVs",
        description=_SERIES_FORM + "A third column, label (0 or 1), says which readings are anomalous. The "
        "first 15 %% of a series do not count: there detectors learn.",
    )
    scorecard = commands.add_parser(
        "scorecard",
        help="measure all detectors on several data sets and write it up with plots",
        description="Each NAB folder and each other folder of series directly in DATA (or DATA itself) is a "
        "data set. Writes OUT, in Markdown, and its plots to images/scorecard/ beside it.",
    )
    scorecard.add_argument("--out", type=Path, required=True, help="the Markdown file")
    for command in (series, nab, events, scorecard):
        command.add_argument("--data", type=Path, required=True, help="folder with the CSV files")
        _add_zone(command)
    for command in (nab, events, scorecard):
        command.add_argument(
            "--seeds", type=_positive, default=5 if command is scorecard else 1,
            help="seeds to take the median of (%(default)s)",
        )  # fmt: skip
    for command in (nab, events):
        command.add_argument("--json", type=Path, help="also write the figures to this file")


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """The options of ``canopy simulate``."""
    parser.description = (
        "Writes metric series (CPU, latency, requests, queue, memory, errors) with a daily and a weekly "
        "course, noise and labelled faults as timestamp,value,label; windows.json and faults.json say where "
        "the faults are. canopy eval series, nab and events read the folder as it is. The same seed gives "
        "the same bytes."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the series")
    parser.add_argument("--series", type=_positive, default=6, metavar="N", help="how many (6)")
    parser.add_argument("--days", type=_days, default=14, metavar="D", help="how long (14), up to 3660")
    parser.add_argument(
        "--interval", type=_interval, default=60.0, help="between two readings, 1s to 1h (1m)"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of the random numbers (0)")
    parser.add_argument(
        "--kinds", nargs="*", choices=KINDS, default=KINDS, metavar="KIND",
        help=f"faults that take turns (all): {', '.join(KINDS)}; none: healthy series",
    )  # fmt: skip


def add_plot(parser: argparse.ArgumentParser) -> None:
    """The options of ``canopy plot``."""
    parser.description = (
        _SERIES_FORM + "Draws values, score, threshold and alerts, and shades what is labelled. A file that "
        "canopy eval series wrote is drawn with the scores and alerts in it, and with a threshold only where "
        "--sensitivity says which it was scored at; any other is scored first."
    )
    parser.add_argument("source", type=Path, metavar="FILE|DIR", help="a CSV, or a folder of them")
    parser.add_argument(
        "--out", type=Path, required=True, help="NAME.png or NAME.svg; for a folder a folder, of PNGs"
    )
    _add_seed(parser)
    parser.add_argument(
        "--sensitivity", type=sensitivity,
        help=f"{_SENSITIVITIES} (medium): where a file that has no scores yet alerts, and where the "
        "threshold is drawn; scores and alerts in a file stay as they are",
    )  # fmt: skip
    _add_zone(parser)


def _add_detector(parser: argparse.ArgumentParser) -> None:
    _add_seed(parser)
    parser.add_argument(
        "--sensitivity", type=sensitivity, default="medium", help=f"{_SENSITIVITIES} (medium)"
    )


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=_seed, default=0, help="seed of the detector (0)")


def _add_zone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--zone", type=_zone, help="time zone of daily and weekly habits (UTC)")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise argparse.ArgumentTypeError(f"no such time zone: {name}") from error


def sensitivity(text: str) -> Sensitivity:
    """An option's text -> what the settings take; argparse tells what is allowed."""
    words: dict[str, Sensitivity] = {"low": "low", "medium": "medium", "high": "high"}
    if text in words:
        return words[text]
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(
            "allowed: low, medium, high, or a score between 0 and 1 such as 0.63"
        )
    return number


def _interval(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not 1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("allowed: from 1s to 1h")
    return seconds


def _positive(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _seed(text: str) -> int:
    number = _whole(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError("from 0 to 4294967295")
    return number


def _days(text: str) -> int:
    number = _positive(text)
    if number > 3660:
        raise argparse.ArgumentTypeError("at most 3660")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a whole number is needed, not {text!r}") from None
