"""Forests: equal to scikit-learn's scores, sensitive to what lies outside, the same at every run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from backend.detection.features import features_of, max_gap, windows_of
from backend.detection.forest import fit
from backend.detection.forest_batch import ForestBatch
from backend.detection.packed_forest import PackedForest, average_path_length
from backend.detection.sklearn_forest import to_sklearn
from backend.settings import Fitter

STEP = 5.0


def features(values: np.ndarray) -> np.ndarray:
    return features_of(windows_of(np.arange(len(values), dtype=np.float64) * STEP, values, max_gap(STEP)))


def noisy(count: int, seed: int = 0) -> np.ndarray:
    return 20 + np.random.default_rng(seed).gamma(2, 5, count)


SERIES = {
    "noisy": noisy(400),
    "two readings": np.array([1.0, 2.0]),
    "three readings": np.array([1.0, 2.0, 2.0]),
    "constant": np.full(100, 35.0),
    "all zero": np.zeros(100),
    "mostly idle": np.r_[np.zeros(290), 3, 1, np.zeros(8)],
    "two levels": np.tile([0.0, 1.0], 100),
    "huge": noisy(100) * 1e300,
    "tiny": noisy(100) * 1e-300,
    "negative": -noisy(100),
    "bytes": 1e9 + 1e6 * noisy(300),
}


def score(forest: PackedForest, rows: np.ndarray) -> np.ndarray:
    return ForestBatch([forest]).score(np.zeros(len(rows), dtype=np.intp), rows)


FITTERS: tuple[Fitter, ...] = ("fast", "scikit-learn")


@pytest.mark.parametrize("fitter", FITTERS)
@pytest.mark.parametrize("name", SERIES)
def test_scores_equal_scikit_learns(name: str, fitter: Fitter) -> None:
    rows = features(SERIES[name])
    forest = fit(rows, contamination=0.01, fitter=fitter)
    away = np.vstack([rows, np.clip(rows * 3 + 1, -1e18, 1e18), np.zeros((1, 5))])
    scores = score(forest, away)
    np.testing.assert_array_equal(scores, -to_sklearn(forest, 5).score_samples(away))
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize("name", SERIES)
def test_both_fitters_call_nearly_the_same_anomalous(name: str) -> None:
    """One calls the edge of the usual anomalous a little earlier than the other; far off they agree."""
    rows = features(SERIES[name])
    far = rows[-1:] + 10 * (np.abs(rows).max(axis=0) + 1)
    for row in (rows[len(rows) // 2 : len(rows) // 2 + 1], far):
        verdicts = {
            bool(score(forest, np.clip(row, -1e30, 1e30))[0] > forest.verdict_threshold)
            for forest in (fit(rows, 0.01, fitter=fitter) for fitter in FITTERS)
        }
        assert len(verdicts) == 1


def test_many_forests_in_one_call_score_as_each_alone() -> None:
    forests = [fit(features(SERIES[name]), 0.01) for name in SERIES]
    rows = features(noisy(len(forests) * 200, seed=3))
    index = np.random.default_rng(1).integers(0, len(forests), len(rows))
    together = ForestBatch(forests).score(index, rows)
    for i, forest in enumerate(forests):
        mine = index == i
        alone = ForestBatch([forest]).score(np.zeros(mine.sum(), dtype=np.intp), rows[mine])
        np.testing.assert_array_equal(together[mine], alone)


def test_the_order_of_pairs_does_not_matter() -> None:
    rows = features(noisy(300))
    batch = ForestBatch([fit(rows, 0.01, seed=s) for s in (1, 2)])
    index = np.arange(len(rows)) % 2
    shuffled = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(
        batch.score(index, rows)[shuffled], batch.score(index[shuffled], rows[shuffled])
    )


def test_an_empty_batch_and_an_empty_poll() -> None:
    assert len(ForestBatch([]).verdict_thresholds) == 0
    batch = ForestBatch([fit(features(noisy(50)), 0.01)])
    assert batch.score(np.empty(0, dtype=np.intp), np.empty((0, 5))).shape == (0,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reading_that_is_not_finite_is_refused(bad: float) -> None:
    batch = ForestBatch([fit(features(noisy(50)), 0.01)])
    row = np.array([[1.0, 0.0, bad, 0.0, 0.0]])
    with pytest.raises(ValueError, match="not finite"):
        batch.score(np.zeros(1, dtype=np.intp), row)


def test_the_same_readings_and_seed_give_the_same_forest() -> None:
    rows = features(noisy(500))
    first, second = (score(fit(rows, 0.01, seed=7), rows) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_predict_of_the_exported_forest_is_our_verdict() -> None:
    rows = features(np.r_[noisy(400), 900, 950])
    forest = fit(rows[:400], 0.01)
    anomalous = score(forest, rows) > forest.verdict_threshold
    np.testing.assert_array_equal(to_sklearn(forest, 5).predict(rows) == -1, anomalous)
    assert anomalous[-2:].all()


@given(st.integers(0, 1000), st.sampled_from([50, 200, 1000]))
@settings(max_examples=15, deadline=None)
def test_hardly_any_training_reading_is_called_anomalous(seed: int, count: int) -> None:
    rows = features(noisy(count, seed))
    packed = fit(rows, contamination=0.01)
    scores = ForestBatch([packed]).score(np.zeros(count, dtype=np.intp), rows)
    assert (scores > packed.verdict_threshold).mean() <= 0.02


# What goes wrong in services after so many healthy readings: healthy, fault, threshold.
def healthy_and_fault(kind: str, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(count)
    if kind == "latency steps up":
        return 20 + rng.gamma(2, 5, count), np.r_[800, 1500, 3000, np.full(17, 3100.0)], 1000
    if kind == "latency, trained while the service warmed up":
        healthy = 20 + rng.gamma(2, 5, count)
        healthy[:5] = [900, 700, 400, 200, 100]
        return healthy, np.r_[1500, np.full(19, 3100.0)], 1000
    if kind == "heap leaks":
        sawtooth = 40 + np.arange(count) % 12 + rng.normal(0, 1, count)
        return sawtooth, np.r_[np.linspace(55, 90, 8), np.full(12, 91.0)], 85
    if kind == "cpu, trained while the service warmed up":
        healthy = 5 + rng.gamma(2, 2, count)
        healthy[:6] = [70, 60, 50, 30, 20, 15]
        return healthy, np.full(20, 96.0), 85
    if kind == "errors after none ever":
        return np.zeros(count), np.r_[2, 10, 25, np.full(17, 50.0)], 5
    assert kind == "a constant moves"
    return np.full(count, 35.0), np.full(20, 36.0), 36


FAULTS = (
    "latency steps up",
    "latency, trained while the service warmed up",
    "heap leaks",
    "cpu, trained while the service warmed up",
    "errors after none ever",
    "a constant moves",
)


@pytest.mark.parametrize("count", [50, 200, 5000])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_anomalous_as_soon_as_it_passes_the_threshold_and_while_it_lasts(
    kind: str, count: int
) -> None:
    healthy, fault, threshold = healthy_and_fault(kind, count)
    packed = fit(features(healthy), contamination=0.01)
    rows = features(np.r_[healthy, fault])[len(healthy) :]
    scores = ForestBatch([packed]).score(np.zeros(len(rows), dtype=np.intp), rows)
    anomalous = scores > packed.verdict_threshold
    assert anomalous[np.argmax(fault >= threshold)]
    assert anomalous.mean() >= 0.75


def test_a_plain_isolation_forest_would_miss_most_of_these() -> None:
    """Why the guard rows are there; if this fails, they have lost their reason."""
    missed = 0
    for kind in FAULTS:
        healthy, fault, _ = healthy_and_fault(kind, 50)
        plain = IsolationForest(contamination=0.01, random_state=0).fit(features(healthy))
        missed += not (plain.predict(features(np.r_[healthy, fault])[len(healthy) :]) == -1).all()
    assert missed >= 4


ANOMALIES = {
    "point": lambda v: v.__setitem__(700, v[700] + 60),
    "shift": lambda v: v.__setitem__(slice(700, 760), v[700:760] + 60),
    "drop": lambda v: v.__setitem__(slice(700, 760), 0.0),
    "noise": lambda v: v.__setitem__(slice(700, 760), v[700:760] + 40 * np.tile([1, -1], 30)),
    "ramp": lambda v: v.__setitem__(slice(700, 760), v[700:760] + np.linspace(20, 100, 60)),
}


@pytest.mark.parametrize("name", ANOMALIES)
def test_strange_readings_score_above_normal_ones(name: str) -> None:
    values = 100 + np.random.default_rng(5).normal(0, 5, 800)
    before = values.copy()
    ANOMALIES[name](values)
    strange = values != before
    packed = fit(features(values[:600]), 0.01)
    scores = ForestBatch([packed]).score(np.zeros(200, dtype=np.intp), features(values)[600:])
    settled = np.arange(600, 800) < 700
    settled |= strange[600:]
    assert roc_auc_score(strange[600:][settled], scores[settled]) > 0.95


def test_average_path_length_of_small_leaves() -> None:
    np.testing.assert_allclose(average_path_length(np.array([0, 1, 2])), [0, 0, 1])
    assert average_path_length(np.array([256]))[0] == pytest.approx(10.24, abs=0.01)
