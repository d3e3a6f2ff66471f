"""``canopy backtest``: a run in this process with a progress bar, told as text."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing, nullcontext
from typing import NoReturn

from tqdm import tqdm

from backend.clock import SystemClock, to_rfc3339
from backend.detection.sensitivity import Thresholds
from backend.incidents.sensitivities import Sensitivities
from backend.incidents.store import IncidentStore
from backend.incidents.wording import shown_name
from backend.jobs.backtest import Backtester
from backend.jobs.backtest_request import BacktestRefused, BacktestRequest, moment
from backend.jobs.backtest_result import Backtest, Outcome, WouldFire
from backend.metrics.catalogue import build_catalogue
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.quantity import duration
from backend.settings import Settings, sqlite_path

_SHOWN = 40
"""Lines of the table; --json and --out give all."""

_OPTIONS = {"start": "--from", "end": "--to"}
"""What the parts of a request are called here, where that differs."""


def backtest_by_hand(settings: Settings, options: argparse.Namespace) -> Backtest:
    """Run it and return it as it ended. Raises BacktestRefused, and what the stores raise."""
    clock = SystemClock()
    now = clock.now()
    request = BacktestRequest(
        start=_moment("start", options.start, now),
        end=now if options.end is None else _moment("end", options.end, now),
        service=options.service,
        metric=options.metric,
        sensitivity=options.sensitivity,
        policy=options.policy,
        detector=options.detector,
    )
    database = sqlite_path(settings.storage.database)
    kept = database.exists()  # to open it would make one
    saved = Sensitivities(database).saved() if kept else {}
    with (
        closing(PrometheusClient(settings.prometheus)) as prometheus,
        closing(IncidentStore(database)) if kept else nullcontext() as incidents,
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


def refusal(error: BacktestRefused) -> str:
    """Why it cannot be, with the option's own name."""
    option = _OPTIONS.get(error.part, f"--{error.part}")
    return f"{option}: {error.text}" if error.part else error.text


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
    if len(noted) > _SHOWN:
        lines.append(f"and {len(noted) - _SHOWN:,} more pairs with a note (--json and --out give all)")
    return "\n".join([*lines, backtest.detail])


def _line(one: WouldFire) -> str:
    mark = {"same": " ", "appears": "+", "vanishes": "-"}[one.change]
    score = "" if one.score is None else f" (score {one.score:.2f})"
    lasts = duration(one.end - one.start)
    return f"{mark} {to_rfc3339(one.start)}  {lasts:>12}  {one.severity:8}  {one.title}{score}"


def _rate(found: Outcome) -> str:
    return f"{_counted(found.incidents, 'incident')}, {found.alerts_per_week:.1f} a week"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _shown_on(bar: tqdm[NoReturn]) -> Callable[[Backtest], None]:
    def show(backtest: Backtest) -> None:
        bar.total = backtest.total or None
        bar.set_description(backtest.detail if backtest.state == "running" else backtest.state)
        bar.update(backtest.done - bar.n)

    return show


def _moment(part: str, text: str, now: float) -> float:
    try:
        return moment(text, now)
    except ValueError as error:
        raise BacktestRefused(f"found {text!r}; allowed: {error}", part) from None
