"""The classic forest behind the seam: what it counts of its models, poll after poll."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from backend.detection.classic import ClassicDetector
from backend.detection.detector import Batch, Standing
from backend.detection.forest import fit
from backend.detection.forest_batch import ForestBatch
from backend.detection.manifest import ModelInfo
from backend.detection.registry import ModelSet
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import TrainingSettings

FIRST, SECOND, STRANGER = (SeriesKey(name, "lat") for name in ("first", "second", "stranger"))
USUAL = np.random.default_rng(0).normal(40.0, 2.0, (300, 5))


def models(digests: Mapping[SeriesKey, str]) -> ModelSet:
    infos = {
        key: ModelInfo(key, digest, 0.0, 0.0, 0.0, 300, 0.01, ExpectedRange(30, 50), (), {})
        for key, digest in digests.items()
    }
    slots = {key: slot for slot, key in enumerate(infos)}
    return ModelSet("made up", infos, slots, ForestBatch([fit(USUAL, 0.01)] * len(infos)))


def batch(*keys: SeriesKey, value: float = 40.0) -> Batch:
    count = len(keys)
    features = np.full((count, 5), value)
    return Batch(list(keys), 0.0, features[:, 0], features, np.ones(count, dtype=np.bool_))


def test_each_pair_is_judged_by_its_own_model_and_a_stranger_by_none() -> None:
    detector, served = ClassicDetector(TrainingSettings(), 300.0), models({FIRST: "a", SECOND: "b"})
    judged = detector.judge(batch(STRANGER, SECOND, FIRST), served)
    assert np.isnan(judged.scores).tolist() == [True, False, False]
    assert judged.expected[1:].tolist() == [[30, 50], [30, 50]]
    assert judged.learned.tolist() == [0, 300, 300]
    assert detector.standings([STRANGER, FIRST], served).keys() == {FIRST}


def test_a_model_s_standing_goes_on_while_it_serves_and_begins_anew_with_another() -> None:
    detector, served = ClassicDetector(TrainingSettings(), 300.0), models({FIRST: "a", SECOND: "b"})
    detector.judge(batch(FIRST, SECOND), served)
    detector.judge(batch(SECOND, FIRST, value=4000.0), served)
    assert detector.standings([SECOND, FIRST], served) == {SECOND: (300, 2, 1), FIRST: (300, 2, 1)}
    later = models({STRANGER: "c", FIRST: "a", SECOND: "another"})
    assert FIRST not in detector.standings([FIRST], later)
    detector.judge(batch(FIRST, SECOND), later)
    assert detector.standings([FIRST, SECOND], later) == {FIRST: (300, 3, 1), SECOND: (300, 1, 0)}
    detector.forget([FIRST])
    assert detector.standings([FIRST], later) == {FIRST: (300, 0, 0)}


@pytest.mark.parametrize(
    ("judged", "anomalous", "alarming"),
    [(0, 0, False), (19, 19, False), (20, 3, False), (20, 4, True), (1000, 199, False), (1000, 200, True)],
)
def test_a_model_that_calls_a_fifth_of_what_it_judged_anomalous_is_alarming(
    judged: int, anomalous: int, alarming: bool
) -> None:
    assert Standing(300, judged, anomalous).alarming is alarming
