"""``python -m benchmarks [PART]``: figures as JSON on stdout, progress to stderr."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from benchmarks import api, append, backtest, beside, faults, models, prometheus, report, tick


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=["tick", "append", "api", "faults", "backtest", "models", "prometheus", "training", "report"],
        default="tick",
        help="the work of one poll; keeping its readings; what the API answers; faults to incidents; "
        "a range of the past; fit, size and load of models; what polls cost Prometheus; "
        "polls beside a training; all but the faults, written into README.md",
    )
    parser.add_argument(
        "--pairs",
        type=int,
        help="pairs of service and metric (1000; append, api and models 10000; backtest 100)",
    )
    parser.add_argument("--services", type=int, default=10_000, help="prometheus: how many (10000)")
    parser.add_argument("--days", type=float, default=14, help="backtest: how far back (14)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=faults.CALM_MINUTES,
        help=f"faults: how long to watch without a fault first ({faults.CALM_MINUTES:g})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args(arguments)
    if options.part == "faults":
        result = faults.measure(options.minutes)
    elif options.part == "backtest":
        result = backtest.measure(options.pairs or 100, options.days)
    elif options.part == "append":
        result = append.measure(options.pairs or 10_000)
    elif options.part == "api":
        result = api.measure(options.pairs or 10_000)
    elif options.part == "models":
        result = models.measure(options.pairs or 10_000)
    elif options.part == "prometheus":
        result = prometheus.measure(options.services)
    elif options.part == "training":
        result = beside.measure(options.pairs or 1000)
    elif options.part == "report":
        result = report.measure([options.pairs] if options.pairs else report.SIZES)
    else:
        result = tick.measure(options.pairs or 1000)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
