"""``python -m benchmarks [tick | faults]``: measure, and print the figures as JSON; progress to stderr."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from benchmarks import faults, tick


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=["tick", "faults"],
        default="tick",
        help="the work of one poll; faults to incidents",
    )
    parser.add_argument("--pairs", type=int, default=1000, help="tick: pairs of service and metric (1000)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=faults.CALM_MINUTES,
        help=f"faults: how long to watch without a fault first ({faults.CALM_MINUTES:g})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args(arguments)
    result = faults.measure(options.minutes) if options.part == "faults" else tick.measure(options.pairs)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
