"""Habits of earlier weeks come from Prometheus: in the background, after the first model, or not at all."""

from __future__ import annotations

import math
from pathlib import Path

from backend.detection.live_forest import LiveForest
from backend.detection.views import VIEWS
from backend.metrics.prometheus import PrometheusRefused
from backend.metrics.readings import State
from backend.tests.jobs.bench import INTERVAL, KEY, START, Bench

WEEKS, STEP = 28 * 86400, 300
DAILY = VIEWS.index("daily")


def daily(time: float) -> float:
    """A value that swings by 100 over the day."""
    return 200.0 + 100.0 * math.sin(2 * math.pi * time / 86400)


def long_past(bench: Bench) -> None:
    earlier = range(round(START) - WEEKS - 86400, round(START) - 3600, STEP)
    newer = [START - i * INTERVAL for i in range(240, -200, -1)]
    bench.prometheus.write("lat", KEY.service, {time: daily(time) for time in [*map(float, earlier), *newer]})


def away_from_the_usual(bench: Bench) -> float:
    """How far the newest reading is from what is usual at this time of the day."""
    assert isinstance(bench.detector, LiveForest)
    slot = bench.detector.slots.get(KEY)
    assert slot is not None
    return abs(float(bench.detector.arena.views(slot)[DAILY]))


def test_what_is_usual_at_this_hour_is_known_soon_after_the_first_model(tmp_path: Path) -> None:
    with Bench(tmp_path, seasons=True) as bench:
        long_past(bench)
        bench.poll()
        first = bench.settle()
        assert first is not None
        assert (first.trigger, first.trained) == ("start", 1)
        without = away_from_the_usual(bench)
        assert bench.poll().readings[KEY].state is State.SCORED, "readiness does not wait for weeks"
        second = bench.settle()
        assert second is not None
        assert (second.trigger, second.trained) == ("seasons", 1)
        assert bench.retrainer.latest(background=False) == first, "the last that was more than that"
        bench.poll()
        assert away_from_the_usual(bench) < 2 < without
        assert bench.registry.current.models[KEY].seasons
        assert bench.settle() is second, "once is enough"
        assert bench.snapshots is not None
        bench.snapshots.save_all(60)
        bench.restart()
        bench.poll()
        assert away_from_the_usual(bench) < 2
        assert bench.settle() is None, "a restart keeps it"


def test_a_retrain_goes_on_with_what_is_known_and_asks_prometheus_for_nothing(tmp_path: Path) -> None:
    with Bench(tmp_path, seasons=True) as bench:
        long_past(bench)
        for _ in range(3):
            bench.poll()
            bench.settle()
        asked = bench.prometheus.asked.count("range lat")
        assert bench.retrainer.run("schedule", [KEY], force=True).trained == 1
        assert bench.prometheus.asked.count("range lat") == asked
        assert bench.registry.current.models[KEY].seasons
        bench.poll()
        assert away_from_the_usual(bench) < 2


def test_a_card_tells_of_this_hour_by_what_prometheus_knew_of_it(tmp_path: Path) -> None:
    with Bench(tmp_path, seasons=True) as bench:
        long_past(bench)
        for _ in range(3):
            bench.poll()
            bench.settle()
        bench.write(5000.0)
        card = bench.poll().readings[KEY].card
        assert card is not None
        assert card.last_week is None, "the datasets do not reach so far"
        words = {share.about: share.words for share in card.shares}
        assert "at this hour" in words["time_of_day"]
        assert "at this time of the week" in words["time_of_week"]


def test_a_rollback_to_a_model_from_before_outlasts_a_restart(tmp_path: Path) -> None:
    with Bench(tmp_path, seasons=True) as bench:
        long_past(bench)
        for _ in range(3):
            bench.poll()
            bench.settle()
        assert bench.registry.current.models[KEY].seasons
        bench.retrainer.roll_back([KEY])
        for _ in range(2):
            bench.restart()
            bench.poll()
            bench.settle()
        assert bench.registry.current.models[KEY].held
        assert not bench.registry.current.models[KEY].seasons


def test_without_it_the_models_serve_and_health_says_why(tmp_path: Path) -> None:
    with Bench(tmp_path, seasons=True) as bench:
        long_past(bench)
        bench.poll()
        bench.settle()
        bench.prometheus.failing = {"range lat": PrometheusRefused("query processing would load too many")}
        bench.poll()
        bench.settle()
        assert bench.poll().readings[KEY].state is State.SCORED
        assert bench.health("seasons").state == "degraded"
        assert "too many" in bench.health("seasons").detail
