"""``python -m benchmarks [tick | faults] [--pairs N] [--json]``: measure, and print the figures as JSON."""

from __future__ import annotations

import argparse
import json

from benchmarks import faults, tick


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=["tick", "faults"],
        default="tick",
        help="the work of one poll; faults to incidents",
    )
    parser.add_argument("--pairs", type=int, default=1000, help="pairs of service and metric (1000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    result = faults.measure() if options.part == "faults" else tick.measure(options.pairs)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
