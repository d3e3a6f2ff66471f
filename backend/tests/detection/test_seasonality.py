"""Daily and weekly habits at any step, on the local clock, across its changes, and after a restart.

Every test has the same event, a jump at opening time: what differs is only whether it is the hour, or the
day, at which this metric always jumps.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from backend.detection.view_forest import THRESHOLD, ViewForest

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
MONDAY = datetime.fromisoformat("2024-01-08")
HOUR = 3600.0
OPENS, CLOSES = 8.0, 18.0
SEEN = 0.5
"""Hours after the opening in which the event's score is looked for, at least two readings."""


class Shop:
    """A metric that is 100 while the shop is open and 50 else, read by a forest of one pair."""

    def __init__(self, step: float, zone: ZoneInfo, clock: ZoneInfo | None, start: datetime = MONDAY) -> None:
        self.step, self.zone = step, zone
        self.at = start.replace(tzinfo=zone).timestamp()
        self.forest = ViewForest(step, np.array([3]), zone=clock)
        self.noise = np.random.default_rng(5)

    def run(self, until: datetime, opens: float = OPENS, weekend: bool = True) -> np.ndarray:
        """Scores up to a local time; ``weekend``: whether it opens on Saturdays and Sundays too."""
        times = np.arange(self.at, until.replace(tzinfo=self.zone).timestamp(), self.step)
        local = (
            times
            + np.array([self._offset(time) for time in times[:: max(1, int(HOUR / self.step))]]).repeat(
                max(1, int(HOUR / self.step))
            )[: len(times)]
        )
        hours = local % 86_400 / HOUR
        open_now = (hours >= opens) & (hours < CLOSES)
        if not weekend:
            open_now &= (local // 86_400 + 3) % 7 < 5  # the first of January 1970 was a Thursday
        values = np.where(open_now, 100.0, 50.0) + self.noise.normal(0, 1, len(times))
        self.at = float(times[-1]) + self.step
        return self.forest.push(np.zeros(len(times), dtype=np.int64), times, values)

    def score_of_opening(self, day: datetime, opens: float = OPENS) -> float:
        """The highest score as it opens at this hour of ``day``, which is then forgotten again."""
        before = {name: array.copy() for name, array in self.forest.state().items()}
        at, noise = self.at, self.noise.bit_generator.state
        self.run(day + timedelta(hours=opens) - timedelta(seconds=self.step / 2), opens)
        after = max(timedelta(hours=SEEN), timedelta(seconds=2 * self.step))
        score = float(self.run(day + timedelta(hours=opens) + after, opens).max())
        self.forest.restore(before)
        self.at, self.noise.bit_generator.state = at, noise
        return score

    def _offset(self, time: float) -> float:
        offset = datetime.fromtimestamp(time, self.zone).utcoffset()
        return offset.total_seconds() if offset else 0.0


@pytest.mark.parametrize(
    ("step", "days"), [(5.0, 3), (15.0, 4), (60.0, 6), (300.0, 10), (900.0, 14), (3600.0, 21)]
)
def test_what_happens_every_day_at_eight_is_strange_at_three(step: float, days: int) -> None:
    shop = Shop(step, UTC, None)
    shop.run(MONDAY + timedelta(days=days))
    today = MONDAY + timedelta(days=days)
    usual, strange = shop.score_of_opening(today), shop.score_of_opening(today, opens=3.0)
    assert usual < THRESHOLD
    assert strange > usual + 0.01


@pytest.mark.parametrize("step", [900.0, 3600.0])
def test_a_weekday_on_a_weekend_is_strange_once_there_were_some_weeks(step: float) -> None:
    shop = Shop(step, UTC, None)
    saturday, monday = MONDAY + timedelta(weeks=8, days=5), MONDAY + timedelta(weeks=9)
    shop.run(saturday, weekend=False)
    on_saturday = shop.score_of_opening(saturday)
    shop.run(monday, weekend=False)
    assert shop.score_of_opening(monday) < min(THRESHOLD, on_saturday - 0.01)


@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"], ids=["spring", "autumn"])
@pytest.mark.parametrize("step", [300.0, 3600.0])
def test_the_day_after_the_clocks_change_is_a_day_like_any_other(day: str, step: float) -> None:
    change = datetime.fromisoformat(day)
    scores = {}
    for clock in (BERLIN, None):
        shop = Shop(step, BERLIN, clock, start=change - timedelta(days=14))
        shop.run(change + timedelta(days=1))
        scores[clock] = shop.score_of_opening(change + timedelta(days=1))
    assert scores[BERLIN] < THRESHOLD
    assert scores[BERLIN] < scores[None], "in UTC the shop opens an hour off"
