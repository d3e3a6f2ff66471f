"""``canopy backtest``: a run in this process with a progress bar, told as text and tables."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from backend.clock import SystemClock, to_rfc3339
from backend.detection.sensitivity import Thresholds
from backend.incidents.sensitivities import Sensitivities
from backend.incidents.store import IncidentStore
from backend.incidents.wording import shown_name
from backend.jobs.backtest import Backtester
from backend.jobs.backtest_request import BacktestRefused, BacktestRequest, moment
from backend.jobs.backtest_result import Backtest, Outcome, PairResult, WouldFire
from backend.metrics.catalogue import build_catalogue
from backend.metrics.folders import folder_name
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.quantity import duration
from backend.settings import Settings, sqlite_path

_SHOWN = 40
"""Lines of the table; --json and --out give all."""


def backtest_by_hand(settings: Settings, options: argparse.Namespace) -> Backtest:
    """Run it and return it as it ended. Raises BacktestRefused, and what the stores raise."""
    clock = SystemClock()
    now = clock.now()
    request = BacktestRequest(
        start=_moment("--from", options.start, now),
        end=now if options.end is None else _moment("--to", options.end, now),
        service=options.service,
        metric=options.metric,
        sensitivity=options.sensitivity,
        policy=options.policy,
        detector=options.detector,
    )
    saved = Sensitivities(sqlite_path(settings.storage.database)).saved()
    with (
        closing(PrometheusClient(settings.prometheus)) as prometheus,
        closing(IncidentStore(sqlite_path(settings.storage.database))) as incidents,
        tqdm(unit="pair", disable=None) as bar,
    ):
        backtester = Backtester(
            settings,
            build_catalogue(settings),
            Thresholds(settings, saved),
            prometheus,
            incidents,
            clock,
            _shown_on(bar),
        )
        return backtester.run(request)


def summary(backtest: Backtest) -> str:
    """What a person wants to know of one that is done: the sums, then the incidents in order of time."""
    sums, request = backtest.totals, backtest.request
    assert sums is not None
    lines = [
        f"{to_rfc3339(request.start)} to {to_rfc3339(request.end)}: {_counted(sums.pairs, 'pair')}, "
        f"{_counted(sums.readings, 'reading')}, {_counted(sums.gaps, 'gap')}",
        f"present settings: {_rate(sums.present)}",
    ]
    if sums.asked is not None:
        change = f"{sums.appears:,} appear (+), {sums.vanishes:,} vanish (-)"
        lines.append(f"asked about:      {_rate(sums.asked)}; {change}")
    if sums.real:
        again = "" if sums.found_asked is None else f", {sums.found_asked:,} by the settings asked about"
        real = _counted(sums.real, "incident")
        lines.append(f"of {real} in the database {sums.found:,} would open again{again}")
    incidents = sorted(
        (one for result in backtest.results for one in result.incidents), key=lambda one: one.start
    )
    lines += [_line(one) for one in incidents[:_SHOWN]]
    if len(incidents) > _SHOWN:
        lines.append(f"  and {len(incidents) - _SHOWN:,} more (--json and --out give all)")
    noted = [result for result in backtest.results if result.note]
    lines += [f"{shown_name(one.service)}, {one.metric}: {one.note}" for one in noted[:_SHOWN]]
    return "\n".join([*lines, backtest.detail])


def write_tables(backtest: Backtest, folder: Path) -> None:
    """``incidents.csv`` and, for each pair, ``series/<service>/<metric>.csv``. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (
        "service",
        "metric",
        "start",
        "end",
        "severity",
        "value",
        "score",
        "readings",
        "change",
        "reason",
    )
    rows = [
        (
            one.service,
            one.metric,
            to_rfc3339(one.start),
            to_rfc3339(one.end),
            one.severity,
            one.value,
            "" if one.score is None else round(one.score, 4),
            one.readings,
            one.change,
            one.reason,
        )
        for result in backtest.results
        for one in result.incidents
    ]
    _write(folder / "incidents.csv", names, rows)
    for result in backtest.results:
        path = folder / "series" / folder_name(result.service) / f"{folder_name(result.metric)}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, ("timestamp", "value", "score"), _points(result))


def _line(one: WouldFire) -> str:
    mark = {"same": " ", "appears": "+", "vanishes": "-"}[one.change]
    score = "" if one.score is None else f" (score {one.score:.2f})"
    lasts = duration(one.end - one.start)
    return f"{mark} {to_rfc3339(one.start)}  {lasts:>12}  {one.severity:8}  {one.title}{score}"


def _rate(found: Outcome) -> str:
    return f"{_counted(found.incidents, 'incident')}, {found.alerts_per_week:.1f} a week"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _points(result: PairResult) -> list[tuple[object, ...]]:
    chart = result.chart
    rows = zip(chart.timestamps.tolist(), chart.values.tolist(), chart.scores.tolist(), strict=True)
    return [(to_rfc3339(t), value, "" if math.isnan(s) else round(s, 4)) for t, value, s in rows]


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def _shown_on(bar: tqdm[NoReturn]) -> Callable[[Backtest], None]:
    def show(backtest: Backtest) -> None:
        bar.total = backtest.total or None
        bar.set_description(backtest.detail if backtest.state == "running" else backtest.state)
        bar.update(backtest.done - bar.n)

    return show


def _moment(option: str, text: str, now: float) -> float:
    try:
        return moment(text, now)
    except ValueError as error:
        raise BacktestRefused(f"{option}: found {text!r}; allowed: {error}") from None
