"""What a backtest found: for each pair what would have fired, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.clock import to_rfc3339
from backend.incidents.episodes import Span
from backend.jobs.backtest_request import BacktestRequest, Judging
from backend.metrics.readings import SeriesKey, Severity

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

DAY, WEEK = 86400.0, 7 * 86400.0

Change = Literal["same", "appears", "vanishes"]
State = Literal["running", "done", "failed", "cancelled"]
Phase = Literal["fetching", "replaying", "ended"]


@dataclass(frozen=True, slots=True)
class WouldFire:
    """An incident that would have opened; times in seconds since the epoch.

    ``value``, ``score`` and ``peak_at`` are those of its worst reading, ``readings`` counts those that fired.
    ``change``: what becomes of it under the settings asked about; ``same`` where none were.
    """

    key: SeriesKey
    start: float
    end: float
    peak_at: float
    value: float
    score: float | None
    severity: Severity
    readings: int
    title: str
    reason: str
    change: Change = "same"

    @property
    def service(self) -> str:
        return self.key.service

    @property
    def metric(self) -> str:
        return self.key.metric

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class RealIncident:
    """One in the database that opened in the range, and whether the backtest would have opened it too."""

    id: int
    event_ts: float
    title: str
    found: bool
    found_asked: bool | None


class Outcome(NamedTuple):
    """How many incidents, of how many firing readings; ``alerts_per_week`` as if every week were like it."""

    incidents: int
    firing: int
    alerts_per_week: float


class Chart(NamedTuple):
    """A pair's readings thinned out so that every peak and alert stays.

    float64[n] seconds, values, scores (NaN: none); ``alerts`` bool[n]: where an incident would have opened.
    ``gaps``: from the last reading to the next one, wherever more is missing than thinning leaves out.
    ``asked_scores`` where another detector was asked about, ``asked_alerts`` where anything was, else None.
    """

    timestamps: FloatArray
    values: FloatArray
    scores: FloatArray
    alerts: BoolArray
    gaps: tuple[Span, ...]
    asked_scores: FloatArray | None
    asked_alerts: BoolArray | None


@dataclass(frozen=True, slots=True)
class PairResult:
    """One pair over the range. ``note`` says what limits the answer, empty where nothing does.

    ``threshold`` is the score from which a reading is anomalous, None where the pair was judged by no model.
    ``gaps`` counts the stretches without a reading, ``missing`` the polls in them. ``doubted``: whether
    something did not fire because a model was young.
    """

    key: SeriesKey
    note: str
    first: float
    last: float
    readings: int
    judged: int
    gaps: int
    missing: int
    doubted: bool
    threshold: float | None
    asked_threshold: float | None
    present: Outcome
    asked: Outcome | None
    incidents: tuple[WouldFire, ...]
    real: tuple[RealIncident, ...]
    chart: Chart = field(repr=False)

    @property
    def service(self) -> str:
        return self.key.service

    @property
    def metric(self) -> str:
        return self.key.metric


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over all pairs."""

    pairs: int
    readings: int
    gaps: int
    present: Outcome
    asked: Outcome | None
    appears: int
    vanishes: int
    real: int
    found: int
    found_asked: int | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """A backtest as it stands; replaced, never changed. Times in seconds since the epoch.

    ``done`` of ``total`` pairs are replayed; ``total`` is 0 until the fetch has shown how many there are.
    ``data_from``: the first reading that Prometheus has of the range. ``results`` are there once it is done.
    """

    id: str
    request: BacktestRequest
    present: Judging
    asked: Judging | None
    started_at: float
    state: State = "running"
    phase: Phase = "fetching"
    finished_at: float | None = None
    eta: float | None = None
    done: int = 0
    total: int = 0
    data_from: float | None = None
    detail: str = ""
    totals: Totals | None = None
    results: tuple[PairResult, ...] = ()

    def result(self, key: SeriesKey) -> PairResult | None:
        return next((result for result in self.results if result.key == key), None)


def outcome(incidents: int, firing: int, seconds: float) -> Outcome:
    """``seconds``: how long it took them to come; less than a day, none at all too, counts as a day."""
    return Outcome(incidents, firing, incidents * WEEK / max(DAY, seconds))


def limits(results: Sequence[PairResult], short: float | None) -> str:
    """What limits the whole answer, in words; ``short``: the first reading, where that came late."""
    said = ["every pair was replayed"]
    if short is not None:
        said.append(f"Prometheus has data from {to_rfc3339(short)} only")
    doubted = sum(result.doubted for result in results)
    if doubted:
        models = "1 pair's model was" if doubted == 1 else f"{doubted:,} pairs' models were"
        said.append(f"{models} young and opened nothing alone: the notes say until when")
    return "; ".join(said)


def totals(results: Sequence[PairResult], seconds: float) -> Totals:
    """The sums; ``seconds``: the length of the range that there is data of."""
    asked = [result.asked for result in results if result.asked is not None]
    changes = [incident.change for result in results for incident in result.incidents]
    real = [incident for result in results for incident in result.real]
    return Totals(
        pairs=len(results),
        readings=sum(result.readings for result in results),
        gaps=sum(result.gaps for result in results),
        present=_sum([result.present for result in results], seconds),
        asked=_sum(asked, seconds) if asked else None,
        appears=changes.count("appears"),
        vanishes=changes.count("vanishes"),
        real=len(real),
        found=sum(incident.found for incident in real),
        found_asked=sum(bool(incident.found_asked) for incident in real) if asked else None,
    )


def _sum(outcomes: Sequence[Outcome], seconds: float) -> Outcome:
    return outcome(sum(o.incidents for o in outcomes), sum(o.firing for o in outcomes), seconds)
