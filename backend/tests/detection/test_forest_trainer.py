"""Growing view forests apart: in small portions, with a poll let by between them, to the same end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from backend.detection.arena import ForestArena
from backend.detection.detector import Series
from backend.detection.forest_trainer import PORTION, ForestTrainer, grow
from backend.detection.seed import seed_of
from backend.detection.sensitivity import Thresholds
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

START, STEP = 1_767_225_600.0, 15.0
KEY = SeriesKey("shop", "lat")


def past(count: int) -> Series:
    times = START - STEP * np.arange(float(count), 0.0, -1.0)
    values = 40 + np.random.default_rng(0).normal(0, 2, count)
    yes = np.ones(count, dtype=np.bool_)
    return Series(times, values, yes, compared=times > START - 3600)


@dataclass
class Polls:
    """Looks, each time the training lets a poll by, how far its only pair has got."""

    nursery: ForestArena = field(default_factory=lambda: ForestArena(STEP))
    learned: list[int] = field(default_factory=list)

    def look(self) -> None:
        self.learned.append(int(self.nursery.learned(np.array([0]))[0]))


def test_a_poll_is_let_by_after_every_portion() -> None:
    series, polls = past(4 * PORTION + 10), Polls()
    trainer = ForestTrainer(
        lambda: polls.nursery, 50, Thresholds(Settings()), lambda _: None, lambda *_: None, polls.look
    )
    model = trainer.train(KEY, series, START)
    read_in = [PORTION * number for number in range(5)]
    assert polls.learned[:5] == read_in
    assert polls.learned[5:] == [len(series.values)] * 5, "what compares old and new lets polls by too"
    assert model.verdicts is not None
    assert len(model.verdicts) == series.compared.sum()


def test_portions_make_the_same_pair_as_one_piece() -> None:
    series = past(2 * PORTION + 10)
    portions, whole = ForestArena(STEP), ForestArena(STEP)
    grow(portions, KEY, series)
    slots = np.array([whole.add(seed_of(KEY))])
    whole.hold(slots, True)
    whole.push(np.repeat(slots, len(series.values)), series.timestamps, series.values, series.learned)
    whole.refit(slots)
    whole.hold(slots, False)
    for name, array in portions.dump(0).items():
        np.testing.assert_array_equal(array, whole.dump(0)[name], err_msg=name)
