"""Backtests: what would have fired, under other settings too; what was real; every end that they have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from backend.clock import to_rfc3339
from backend.detection.sensitivity import Thresholds
from backend.incidents.acts import resolve
from backend.incidents.incident import begin
from backend.incidents.store import IncidentStore
from backend.jobs.backtest import Backtester, BacktestRunning
from backend.jobs.backtest_request import BacktestRefused, BacktestRequest
from backend.jobs.backtest_result import Backtest
from backend.metrics.prometheus import PrometheusClient, PrometheusUnreachable
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict
from backend.settings import Settings
from backend.tests.jobs.bench import CATALOGUE, START, SetClock
from backend.tests.jobs.scripted import ScriptedPrometheus

STEP = 60.0
DAY = 86400.0
NOW = START + 3 * DAY
FAULTS = {START + DAY: 5000.0, START + 2 * DAY: 1500.0}
"""An hour each, one Critical and one High."""


class Bench:
    """A backtester over three scripted days of one pair, the first of them to learn from."""

    def __init__(self, folder: Path, **incidents: Any) -> None:
        self.prometheus = ScriptedPrometheus()
        self.write("shop")
        self.settings = Settings.model_validate(
            {"poll": {"interval": "1m"}, "training": {"window": "1d"}, "incidents": incidents}
        )
        self.thresholds = Thresholds(self.settings)
        self.store = IncidentStore(folder / "canopy.db")
        self.told: list[Backtest] = []
        self.while_told: Callable[[Backtest], object] = lambda found: None
        self.backtester = Backtester(
            self.settings,
            CATALOGUE,
            self.thresholds,
            cast(PrometheusClient, self.prometheus),
            self.store,
            SetClock(NOW),
            self._tell,
        )

    def write(self, service: str, metric: str = "lat", faults: Mapping[float, float] = FAULTS) -> None:
        times = np.arange(START, NOW + STEP, STEP)
        noise = np.random.default_rng(len(service)).normal(0, 3, len(times))
        values = 40 + 10 * np.sin(times / DAY * 2 * np.pi) + noise
        for at, value in faults.items():
            values[(times >= at) & (times < at + 3600)] = value
        self.prometheus.write(metric, service, dict(zip(times.tolist(), values.tolist(), strict=True)))

    def run(self, start: float = START + DAY - 3600, **request: Any) -> Backtest:
        return self.backtester.run(BacktestRequest(**{"start": start, "end": NOW, **request}))

    def _tell(self, found: Backtest) -> None:
        self.told.append(found)
        self.while_told(found)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.store.close()


def test_it_says_what_would_have_fired(bench: Bench) -> None:
    found = bench.run()
    assert (found.state, found.phase, found.done, found.total) == ("done", "ended", 1, 1)
    (pair,) = found.results
    first, second = pair.incidents
    assert (first.start, first.end) == (START + DAY, START + DAY + 3600 - STEP)
    assert (first.severity, first.value, first.readings) == (Severity.CRITICAL, 5000.0, 60)
    assert "Critical (5,000 ms, above 3,000 ms)" in first.reason
    assert "anomalous (score 0." in first.reason
    assert (second.start, second.severity) == (START + 2 * DAY, Severity.HIGH)
    assert second.change == "same"
    assert found.totals is not None
    assert found.totals.present.incidents == 2
    assert found.totals.present.alerts_per_week == pytest.approx(2 * 7 / (2 + 1 / 24), rel=0.01)
    assert (pair.gaps, pair.missing, pair.note) == (0, 0, "")
    assert pair.judged == pair.readings == 49 * 60 + 1
    assert set(FAULTS.values()) <= set(pair.chart.values.tolist())


def test_other_settings_are_judged_on_the_same_readings(bench: Bench) -> None:
    strict = bench.run(sensitivity=0.99)
    assert [one.change for one in strict.results[0].incidents] == ["vanishes", "vanishes"]
    assert strict.totals is not None
    assert strict.totals.asked is not None
    assert (strict.totals.vanishes, strict.totals.asked.incidents) == (2, 0)
    every = bench.run(policy="either", sensitivity="high").results[0]
    assert [one.start for one in every.incidents if one.change == "same"] == list(FAULTS)
    assert every.asked is not None
    assert every.asked.incidents >= every.present.incidents == 2
    assert every.asked_threshold == 0.60


def test_the_present_settings_are_those_that_operators_saved(bench: Bench) -> None:
    bench.thresholds.save({"lat": 0.99})
    found = bench.run()
    assert found.totals is not None
    assert found.totals.present.incidents == 0
    assert found.present.sensitivity["lat"] == 0.99


def test_the_classic_forest_is_compared_with_the_view_forest(bench: Bench) -> None:
    (pair,) = bench.run(detector="isolation_forest").results
    assert [one.change for one in pair.incidents] == ["same", "same"]
    assert pair.threshold == 0.625
    assert pair.asked_threshold is not None
    assert pair.asked_threshold != 0.625
    assert pair.chart.asked_scores is not None


def test_incidents_of_the_database_are_found_again_or_not(bench: Bench) -> None:
    missed = START + 1.5 * DAY
    for at in (START + DAY + 600, missed):
        reading = Reading(
            SeriesKey("shop", "lat"), at, 4000.0, State.SCORED, Severity.CRITICAL, Verdict.ANOMALY, 0.9
        )
        draft = begin(reading, CATALOGUE["lat"], policy="model", because="of a test", at=at)
        past = bench.store.latest([reading.key]).get(reading.key)
        kept = bench.store.open(draft, seen=past)
        assert kept is not None
        bench.store.change(kept.id, partial(resolve, at=at + 60, reason=None, comment=""))
    (pair,) = bench.run(sensitivity=0.99).results
    assert [(one.event_ts, one.found, one.found_asked) for one in pair.real] == [
        (START + DAY + 600, True, False),
        (missed, False, False),
    ]


def test_gaps_and_a_short_past_are_said(bench: Bench) -> None:
    samples = bench.prometheus.series["lat", "shop"]
    for time in [t for t in samples if t < START + DAY or START + 1.5 * DAY <= t < START + 1.5 * DAY + 600]:
        del samples[time]
    found = bench.run(start=START + DAY - 3600)
    (pair,) = found.results
    assert (pair.gaps, pair.missing) == (1, 10)
    assert pair.chart.gaps == ((START + 1.5 * DAY - STEP, START + 1.5 * DAY + 600),)
    assert "data from 2026-01-02T00:00:00Z only" in pair.note
    assert "Prometheus has data from 2026-01-02T00:00:00Z only" in found.detail
    assert found.data_from == START + DAY


def test_a_new_service_is_a_pair_with_what_it_has(bench: Bench) -> None:
    bench.write("young")
    samples = bench.prometheus.series["lat", "young"]
    for time in [t for t in samples if t < NOW - 600]:
        del samples[time]
    found = bench.run()
    young = found.result(SeriesKey("young", "lat"))
    assert young is not None
    assert (young.readings, young.judged, young.incidents) == (11, 0, ())
    assert found.total == 2


def _sparse(bench: Bench, kept: int) -> None:
    """A service ``new`` with its last ``kept`` readings alone; the hundredth of them is far off."""
    times = NOW - STEP * np.arange(kept - 1, -1, -1)
    values = 40 + np.random.default_rng(7).normal(0, 3, kept)
    values[99] = 400.0
    bench.prometheus.write("lat", "new", dict(zip(times.tolist(), values.tolist(), strict=True)))


@pytest.mark.parametrize(
    ("kept", "until"), [(200, "to the end"), (400, "until " + to_rfc3339(NOW - 400 * STEP + 240 * STEP))]
)
def test_what_a_young_model_held_back_is_said(bench: Bench, kept: int, until: str) -> None:
    _sparse(bench, kept)
    found = bench.run(service="new", policy="model")
    (pair,) = found.results
    assert pair.asked is not None
    assert pair.asked.incidents == 0
    said = f"with the settings asked about, its model was young {until} (fewer than 240 readings learned): "
    assert said + "alone it opens nothing, so " in pair.note
    assert "1 pair's model was young and opened nothing alone" in found.detail


def test_nothing_is_said_of_a_young_model_that_held_nothing_back(bench: Bench) -> None:
    _sparse(bench, 200)
    found = bench.run(service="new")
    assert "young" not in found.results[0].note + found.detail


def test_no_alert_is_lost_where_a_chart_is_thinned_out(bench: Bench) -> None:
    """Of a service whose alerts are no peaks: each hour another value just above the threshold."""
    times = np.arange(START, NOW + STEP, STEP)
    values = np.where(times % 7200 < 3600, 1001.0, 40.0) + np.random.default_rng(1).uniform(
        0, 900, len(times)
    )
    values[times % 7200 >= 3600] /= 30
    bench.prometheus.write("lat", "busy", dict(zip(times.tolist(), values.tolist(), strict=True)))
    (pair,) = bench.run(service="busy", policy="threshold", sensitivity=0.9).results
    chart = pair.chart
    assert chart.asked_alerts is not None
    assert len(chart.values) < pair.readings
    assert pair.asked is not None
    assert int(chart.alerts.sum()) == pair.present.incidents
    assert int(chart.asked_alerts.sum()) == pair.asked.incidents > 20
    appear = {one.start for one in pair.incidents if one.change == "appears"}
    assert appear <= set(chart.timestamps[chart.asked_alerts].tolist())


def test_a_service_that_appears_with_the_last_poll_leaves_the_others_their_results(bench: Bench) -> None:
    bench.prometheus.write("lat", "newborn", {NOW: 5000.0})
    found = bench.run(policy="threshold")
    assert found.state == "done", found.detail
    newborn = found.result(SeriesKey("newborn", "lat"))
    assert newborn is not None
    assert newborn.asked == (1, 1, 7.0)
    alone = bench.run(service="newborn", policy="threshold").totals
    assert alone is not None
    assert alone.asked == (1, 1, 7.0)


def test_less_than_a_day_counts_as_a_day_in_alerts_a_week(bench: Bench) -> None:
    (pair,) = (found := bench.run(start=START + DAY - 3600, end=START + DAY + 3600)).results
    assert found.totals is not None
    assert found.totals.present == pair.present
    assert (pair.present.incidents, pair.present.alerts_per_week) == (1, 7.0)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"end": NOW + DAY}, "end: found 2026-01-05T00:00:00Z; allowed: up to now"),
        ({"start": NOW, "end": NOW - DAY}, "lies after the end"),
        ({"start": NOW, "end": NOW}, "shorter than one poll"),
        ({"start": 0.0}, "at most 694 days before the end"),
        ({"metric": "speed"}, "metric: found 'speed'; there are: lat, wait"),
        ({"detector": "isolation_forest", "sensitivity": "high"}, "the classic forest has none"),
    ],
)
def test_what_cannot_be_is_refused(bench: Bench, request_: dict[str, Any], said: str) -> None:
    with pytest.raises(BacktestRefused, match=said):
        bench.run(**request_)
    assert bench.backtester.newest_first() == []
    assert bench.prometheus.asked == []


def test_a_range_without_readings_names_the_services_there_are(bench: Bench) -> None:
    found = bench.run(service="shoop")
    assert found.state == "failed"
    assert "no reading of any metric for the service 'shoop'" in found.detail
    assert "services of that time: shop" in found.detail


def test_prometheus_gone_half_way_leaves_nothing_behind(bench: Bench) -> None:
    bench.prometheus.failing["range wait"] = PrometheusUnreachable("http://p cannot be reached")
    found = bench.run()
    assert (found.state, found.detail) == ("failed", "http://p cannot be reached")
    assert found.results == ()
    assert found.totals is None
    del bench.prometheus.failing["range wait"]
    assert bench.run().state == "done"


def test_a_second_one_is_refused_and_names_the_first(bench: Bench) -> None:
    refused: list[str] = []

    def second(found: Backtest) -> None:
        if found.state == "running" and not refused:
            refused.append("")
            with pytest.raises(BacktestRunning, match=found.id):
                bench.run()

    bench.while_told = second
    assert bench.run().state == "done"
    assert refused


def test_cancel_ends_it_at_any_time(bench: Bench) -> None:
    for phase in ("fetching", "replaying"):
        cancelled: list[str] = []

        def cancel(found: Backtest, phase: str = phase, cancelled: list[str] = cancelled) -> None:
            if found.phase == phase and not cancelled:
                cancelled.append(found.id)
                bench.backtester.cancel(found.id)

        bench.while_told = cancel
        found = bench.run()
        assert (found.state, found.results) == ("cancelled", ()), phase
        assert "an operator cancelled it" in found.detail
    bench.while_told = lambda found: None
    assert bench.run().state == "done"


def test_canopy_stopped_in_mid_run(bench: Bench) -> None:
    reached = threading.Event()
    bench.while_told = lambda found: reached.set()
    begun = bench.backtester.start(BacktestRequest(START + DAY, NOW))
    assert reached.wait(30)
    bench.backtester.stop(30)
    found = bench.backtester.get(begun.id)
    assert found is not None
    assert found.state in ("cancelled", "done")
