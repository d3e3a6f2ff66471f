"""What every detector must pass, whichever is set: the classic forest and the view forest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from backend.detection.classic import ClassicDetector
from backend.detection.detector import Batch, Detector, Series
from backend.detection.live_forest import LiveForest
from backend.detection.registry import ModelRegistry, ModelSet
from backend.detection.sensitivity import Thresholds
from backend.evaluation.detectors import ClassicForestScorer, Scorer, ViewForestScorer
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName, Settings, TrainingSettings

STEP = 300.0
DETECTORS = {"view forest": ViewForestScorer(seed=1), "classic forest": ClassicForestScorer(seed=1)}
every_detector = pytest.mark.parametrize("scorer", DETECTORS.values(), ids=DETECTORS.keys())


def daily(count: int = 3000, seed: int = 0) -> np.ndarray:
    """Ten days of a metric with a daily cycle, around 100."""
    cycle = 20 * np.sin(np.arange(count) * STEP / 86_400 * 2 * np.pi)
    return 100 + cycle + np.random.default_rng(seed).normal(0, 2, count)


def score(scorer: Scorer, values: np.ndarray) -> np.ndarray:
    return scorer.score(1.7e9 + STEP * np.arange(len(values), dtype=np.float64), values)


@every_detector
def test_scores_rise_with_strangeness(scorer: Scorer) -> None:
    healthy = daily()
    last = [score(scorer, np.r_[healthy, 100.0 + away])[-1] for away in (0, 40, 400)]
    assert last[0] < last[1] <= last[2]


@every_detector
@pytest.mark.parametrize("level", [0.0, 35.0, -7.5, 1e300])
def test_a_constant_is_calm_and_its_first_move_is_the_strangest_so_far(scorer: Scorer, level: float) -> None:
    values = np.full(600, level)
    values[-1] = level + max(1.0, 0.5 * abs(level))
    scores = score(scorer, values)
    assert np.isfinite(scores).all()
    if abs(level) < 1e18:  # beyond, values are cut: they no longer differ
        assert scores[-1] > scores[100:-1].max() + 0.05


@every_detector
@pytest.mark.parametrize(("scale", "shift"), [(1000.0, 0.0), (0.001, 0.0), (1.0, 5000.0), (8.0, -1024.0)])
def test_units_and_offsets_do_not_matter(scorer: Scorer, scale: float, shift: float) -> None:
    if shift and isinstance(scorer, ClassicForestScorer):
        # Its guard rows judge a change by the level too: a hundredth of the value is nothing to be woken for.
        shift = 0.0
    values = daily(1500)
    values[1400:1420] += 60
    plain, other = score(scorer, values), score(scorer, values * scale + shift)
    np.testing.assert_allclose(other, plain, atol=0.02)
    assert np.corrcoef(other[100:], plain[100:])[0, 1] > 0.999


@every_detector
def test_the_same_readings_give_the_same_scores(scorer: Scorer) -> None:
    values = daily(800)
    np.testing.assert_array_equal(score(scorer, values), score(scorer, values))


@every_detector
def test_scores_depend_on_nothing_that_comes_later(scorer: Scorer) -> None:
    values = daily(900)
    np.testing.assert_array_equal(
        score(scorer, values)[:700], score(scorer, np.r_[values[:700], np.full(200, 1e4)])[:700]
    )


BATCH = [SeriesKey(f"shop-{i}", "lat") for i in range(4)]


def live(name: DetectorName, folder: Path) -> tuple[Detector, ModelSet]:
    """The detector as it judges live: one model a service, each trained on days of its own."""
    thresholds = Thresholds(Settings())
    detector: Detector = (
        LiveForest(STEP, None, thresholds, 50)
        if name == "view_forest"
        else ClassicDetector(TrainingSettings(), max_gap=STEP * 3)
    )
    times = 1.7e9 + STEP * np.arange(600, dtype=np.float64)
    everything = np.ones(600, dtype=bool)
    with detector.training() as trainer:
        trained = [
            trainer.train(key, Series(times, daily(600, seed), everything, ~everything), times[-1])
            for seed, key in enumerate(BATCH)
        ]
        models = ModelRegistry(folder, name).save(trained, times[-1])
        trainer.adopt(models)
    return detector, models


def batch(order: Sequence[int], values: np.ndarray, poll: int = 0) -> Batch:
    features = np.column_stack([values, np.zeros((len(values), 4))])
    learned = np.ones(len(order), dtype=bool)
    return Batch(
        [BATCH[i] for i in order], 1.7e9 + STEP * (600 + poll), values[order], features[order], learned
    )


live_detectors = pytest.mark.parametrize("name", ["view_forest", "isolation_forest"])


@live_detectors
def test_the_order_of_services_does_not_matter(name: DetectorName, tmp_path: Path) -> None:
    values = np.array([[100.0, 130.0, 70.0, 400.0], [101.0, 98.0, 72.0, 390.0]])
    found = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        detector, models = live(name, tmp_path / str(order))
        polls = [detector.judge(batch(order, row, poll), models) for poll, row in enumerate(values)]
        found.append([judged.scores[np.argsort(order)] for judged in polls])
    np.testing.assert_array_equal(found[0], found[1])
    assert len(np.unique(found[0])) > len(BATCH), "the test sees no difference"


@live_detectors
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reading_that_is_not_finite_is_refused(name: DetectorName, bad: float, tmp_path: Path) -> None:
    detector, models = live(name, tmp_path)
    with pytest.raises(ValueError, match="not finite cannot be scored"):
        detector.judge(batch([0, 1], np.array([100.0, bad])), models)


def collective(values: np.ndarray) -> None:
    values[2700:2760] = values[2700:2760].mean()


ANOMALIES: dict[str, Callable[[np.ndarray], None]] = {
    "point": lambda v: v.__setitem__(slice(2700, 2703), v[2700:2703] + 60),
    "contextual": lambda v: v.__setitem__(slice(2646, 2682), v[2502:2538]),
    "collective": collective,
    "drift": lambda v: v.__setitem__(slice(2650, 2900), v[2650:2900] + np.linspace(0, 90, 250)),
    "drop": lambda v: v.__setitem__(slice(2700, 2760), 0.0),
}
LEAST = {"collective": 0.7, "contextual": 0.75, "drift": 0.85}
"""A forest of five short features is no better than this at what only the season or the day tells."""


@every_detector
@pytest.mark.parametrize("kind", ANOMALIES)
def test_anomalies_of_every_kind_score_above_the_healthy_days_before(scorer: Scorer, kind: str) -> None:
    values = daily()
    healthy = values.copy()
    ANOMALIES[kind](values)
    strange = values != healthy
    scores = score(scorer, values)
    counted = strange | (np.arange(len(values)) < 2600)
    counted[:1000] = False
    least = 0.95 if isinstance(scorer, ViewForestScorer) else LEAST.get(kind, 0.95)
    assert roc_auc_score(strange[counted], scores[counted]) > least
