"""The command line of ``canopy eval``; what it runs, and the libraries that needs, are loaded only then."""

from __future__ import annotations

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give ``canopy eval`` its sub-commands; ``what`` says which one was given."""
    commands = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    series = commands.add_parser("series", help="write every CSV below a folder back with scores and alerts")
    series.add_argument("--out", type=Path, required=True, help="where the scored files go")
    series.add_argument("--seed", type=int, default=0, help="seed of the detector (0)")
    nab = commands.add_parser("nab", help="score a NAB folder by NAB's published rules")
    events = commands.add_parser("events", help="AUC-PR, VUS-PR and event F1 over labelled CSVs")
    for command in (series, nab, events):
        command.add_argument("--data", type=Path, required=True, help="folder with the CSV files")
        command.add_argument("--zone", type=_zone, help="time zone of daily and weekly habits (UTC)")
    for command in (nab, events):
        command.add_argument("--seeds", type=_positive, default=1, help="seeds to take the median of (1)")
        command.add_argument("--json", type=Path, help="also write the figures to this file")


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
