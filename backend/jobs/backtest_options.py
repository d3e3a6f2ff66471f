"""The options of ``canopy backtest``; what it runs is loaded when needed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from backend.evaluation.commands import sensitivity
from backend.settings import DetectorName, PolicyName


def add_options(parser: argparse.ArgumentParser) -> None:
    """The range, the pairs, and the settings to compare the present ones with."""
    parser.add_argument("--service", help="only this service's pairs")
    parser.add_argument("--metric", help="only this metric's pairs")
    parser.add_argument(
        "--from", dest="start", required=True, help="an RFC 3339 time, or a duration back such as 14d"
    )
    parser.add_argument("--to", dest="end", help="the same, or now, which it is where left out")
    parser.add_argument(
        "--sensitivity", type=sensitivity, help="compare with low, medium, high, or a score such as 0.63"
    )
    parser.add_argument("--policy", choices=get_args(PolicyName), help="compare with this policy")
    parser.add_argument("--detector", choices=get_args(DetectorName), help="compare with this detector")
    parser.add_argument("--json", action="store_true", help="print everything but the charts as JSON")
    parser.add_argument(
        "--out",
        type=Path,
        help="also write backtest.json, incidents.csv and the charts here, in a folder of their own",
    )
