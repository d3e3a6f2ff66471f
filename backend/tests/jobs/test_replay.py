"""A replay in blocks is the same as live detection, reading by reading."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.detection.detector import YOUNG
from backend.detection.forest_memory import habits_from
from backend.detection.seed import seed_of
from backend.detection.view_forest import ViewForest
from backend.jobs.replay import Cancelled, by_classic_forest, by_view_forest
from backend.metrics.readings import SeriesKey

KEY = SeriesKey("shop", "lat")
STEP, LIMIT, QUIET, LEAST = 60.0, 0.6, 900.0, 50
TIMES = 1_767_225_600.0 + STEP * np.arange(3000.0)


def values_with_faults() -> NDArray[np.float64]:
    values = np.random.default_rng(5).normal(40, 2, len(TIMES))
    for start, length in ((700, 1), (900, 40), (950, 3), (1600, 500), (2995, 5)):
        values[start : start + length] += 60
    return values


EARLIER = TIMES[0] - 300.0 * np.arange(28 * 288.0, 0.0, -1.0)


@pytest.mark.parametrize("earlier", [None, (EARLIER, 40 + 30 * np.sin(EARLIER / 86400 * 2 * np.pi))])
def test_blocks_give_the_scores_of_single_readings(
    earlier: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> None:
    values = values_with_faults()
    scored = by_view_forest(
        KEY,
        TIMES,
        values,
        interval=STEP,
        zone=None,
        min_samples=LEAST,
        quiet=QUIET,
        fires=lambda part: part.scores >= LIMIT,
        stopped=lambda: False,
        earlier=earlier,
    )
    forest = ViewForest(STEP, np.array([seed_of(KEY)]))
    if earlier is not None:
        forest.put_habits(0, habits_from(STEP, *earlier), TIMES[0])
    pair, fired_at, fired, learned = np.array([0]), -np.inf, 0, 0
    for at, value, score, grown in zip(TIMES, values, scored.scores, scored.grown, strict=True):
        learns = at - fired_at > QUIET
        found = forest.push(pair, np.array([at]), np.array([value]), np.array([learns]))[0]
        learned += int(learns)
        assert found == score or (np.isnan(score) and learned <= LEAST)
        assert grown == (learned >= YOUNG)
        if found >= LIMIT:
            fired, fired_at = fired + 1, at
    assert fired >= 10, "the faults are there"
    assert learned < len(TIMES) - QUIET / STEP, "some were not learned"


@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Berlin")])
def test_it_ends_when_told(zone: ZoneInfo | None) -> None:
    with pytest.raises(Cancelled):
        by_view_forest(
            KEY,
            TIMES,
            values_with_faults(),
            interval=STEP,
            zone=zone,
            min_samples=LEAST,
            quiet=QUIET,
            fires=lambda part: part.scores >= LIMIT,
            stopped=lambda: True,
        )


def test_the_classic_forest_learns_what_lies_before_the_range_alone() -> None:
    def scores(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        scored, threshold = by_classic_forest(
            KEY,
            TIMES,
            values,
            start=TIMES[600],
            interval=STEP,
            min_samples=50,
            contamination=0.01,
            stopped=lambda: False,
        )
        return scored.scores, threshold

    values = values_with_faults()
    found, threshold = scores(values)
    assert np.isnan(found[:600]).all()
    assert (found[900:940] >= threshold).mean() > 0.9
    assert np.nanmean(found[600:700] >= threshold) < 0.2
    later = values.copy()
    later[2000:] = 500
    again, same = scores(later)
    assert same == threshold
    np.testing.assert_array_equal(again[:2000], found[:2000])
