"""Packed forests: bit for bit scikit-learn's scores, there and back, grown from the same distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from backend.detection.forest_batch import ForestBatch
from backend.detection.grow import grow
from backend.detection.packed_forest import (
    LARGEST_SUBSAMPLE,
    PackedForest,
    rounded_down,
    sortable,
    unsortable,
)
from backend.detection.sklearn_forest import pack, to_sklearn

TREES = 30


def rows_of(kind: str, count: int = 300, seed: int = 0) -> np.ndarray:
    """float64[count, 5] as a metric of this kind would give them."""
    rng = np.random.default_rng(seed)
    rows: dict[str, np.ndarray] = {
        "noisy": rng.gamma(2, 5, (count, 5)),
        "constant": np.full((count, 5), 3.0),
        "mostly idle": np.where(rng.random((count, 5)) < 0.98, 0.0, rng.gamma(2, 5, (count, 5))),
        "one column moves": np.c_[np.zeros((count, 4)), rng.normal(size=count)],
        "two levels": rng.integers(0, 2, (count, 5)).astype(float),
        "zeros of both signs": np.where(rng.random((count, 5)) < 0.5, 0.0, -0.0),
        "bytes": 1e9 + 1e6 * rng.normal(size=(count, 5)),
        "huge": 1e30 * rng.normal(size=(count, 5)),
        "tiny": 1e-30 * rng.normal(size=(count, 5)),
    }
    return rows[kind]


KINDS = (
    "noisy",
    "constant",
    "mostly idle",
    "one column moves",
    "two levels",
    "zeros of both signs",
    "bytes",
    "huge",
    "tiny",
)


def fitted(rows: np.ndarray, subsample: int = 256, seed: int = 0) -> IsolationForest:
    return IsolationForest(n_estimators=TREES, max_samples=min(subsample, len(rows)), random_state=seed).fit(
        rows
    )


def scores(forest: PackedForest, rows: np.ndarray) -> np.ndarray:
    return ForestBatch([forest]).score(np.zeros(len(rows), dtype=np.intp), rows)


def around(rows: np.ndarray) -> np.ndarray:
    """The rows, rows outside their range, and rows just beside them."""
    beside = np.nextafter(rows.astype(np.float32), np.float32(np.inf)).astype(float)
    return np.vstack([rows, 3 * rows + 1, -rows, beside, np.zeros((1, rows.shape[1]))])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "subsample"), [(2, 2), (3, 3), (30, 30), (300, 256), (1200, 1000)])
def test_scores_are_scikit_learns_to_the_last_bit(kind: str, count: int, subsample: int) -> None:
    rows = rows_of(kind, count)
    forest = fitted(rows, subsample)
    away = around(rows)
    np.testing.assert_array_equal(scores(pack(forest), away), -forest.score_samples(away))


def test_a_single_training_row_scores_as_scikit_learn_says() -> None:
    rows = rows_of("noisy", 1)
    forest = fitted(rows)
    np.testing.assert_array_equal(scores(pack(forest), around(rows)), -forest.score_samples(around(rows)))


@given(hnp.arrays(np.float64, (12, 3), elements=st.floats(-1e6, 1e6, width=32)), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_small_training_set_scores_as_scikit_learn_says(rows: np.ndarray, seed: int) -> None:
    forest = fitted(rows, seed=seed)
    np.testing.assert_array_equal(scores(pack(forest), around(rows)), -forest.score_samples(around(rows)))


def test_a_subsample_that_the_format_cannot_hold_is_refused() -> None:
    forest = fitted(rows_of("noisy", LARGEST_SUBSAMPLE + 1), LARGEST_SUBSAMPLE + 1)
    with pytest.raises(ValueError, match="allowed: up to 8191"):
        pack(forest)


def test_a_batch_spans_segments_and_replaces_only_what_changed() -> None:
    kinds = [KINDS[i % len(KINDS)] for i in range(600)]
    forests = [grow(rows_of(kind, 40, i).astype(np.float32), 5, 40, i) for i, kind in enumerate(kinds)]
    rows = rows_of("noisy", len(forests))
    index = np.random.default_rng(0).permutation(len(forests))
    batch = ForestBatch(forests)
    expected = [scores(forests[i], rows[[k]])[0] for k, i in enumerate(index)]
    np.testing.assert_array_equal(batch.score(index, rows), expected)

    new = grow(rows_of("noisy", 40).astype(np.float32), 5, 40, 1)
    changed = batch.replaced({300: new, 600: new})
    everywhere = np.tile(rows[:1], (601, 1))
    after = changed.score(np.arange(601), everywhere)
    assert after[300] == after[600] == scores(new, rows[:1])[0]
    others = np.delete(np.arange(600), 300)
    np.testing.assert_array_equal(after[others], batch.score(others, everywhere[others]))
    assert batch.score(np.array([300]), rows[:1])[0] == scores(forests[300], rows[:1])[0], "the old one stays"


def test_a_forest_comes_out_of_a_batch_as_it_went_in() -> None:
    forests = [grow(rows_of(kind, 40).astype(np.float32), 5, 40, 0) for kind in KINDS]
    batch = ForestBatch(forests)
    for number, forest in enumerate(forests):
        found = batch.forest(number)
        for name in ("nodes", "starts", "roots"):
            np.testing.assert_array_equal(getattr(found, name), getattr(forest, name))
        assert (found.samples, found.verdict_threshold) == (forest.samples, forest.verdict_threshold)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=20))
def test_sortable_keys_keep_the_order_and_come_back(values: list[float]) -> None:
    array = np.array(values, dtype=np.float32)
    keys = sortable(array)
    np.testing.assert_array_equal(unsortable(keys), array)
    for i in range(len(array)):
        np.testing.assert_array_equal(keys <= keys[i], array <= array[i])


@given(st.floats(-1e30, 1e30))
def test_rounding_a_threshold_down_parts_the_same_float32_values(threshold: float) -> None:
    rounded = rounded_down(np.array([threshold]))[0]
    for near in (
        rounded,
        np.nextafter(rounded, np.float32(np.inf)),
        np.nextafter(rounded, np.float32(-np.inf)),
    ):
        assert (near <= rounded) == (float(near) <= threshold)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 30, 400])
def test_a_grown_forest_is_a_real_isolation_forest_with_the_same_scores(kind: str, count: int) -> None:
    rows = rows_of(kind, count)
    packed = grow(rows.astype(np.float32), TREES, min(256, count), seed=3)
    forest = to_sklearn(packed, 5)
    away = around(rows)
    np.testing.assert_array_equal(-forest.score_samples(away), scores(packed, away))
    again = pack(forest)
    np.testing.assert_array_equal(again.nodes, packed.nodes)
    np.testing.assert_array_equal(again.roots, packed.roots)


@pytest.mark.parametrize("kind", KINDS)
def test_every_reading_of_a_subsample_is_in_exactly_one_leaf_of_each_tree(kind: str) -> None:
    packed = grow(rows_of(kind, 100).astype(np.float32), TREES, 64, seed=3)
    for estimator in to_sklearn(packed, 5).estimators_:
        tree = estimator.tree_
        assert tree.n_node_samples[0] == 64
        assert tree.n_node_samples[tree.children_left < 0].sum() == 64
        assert tree.max_depth <= 6


def test_the_same_rows_and_seed_give_the_same_forest_and_another_seed_another_one() -> None:
    rows = rows_of("noisy").astype(np.float32)
    one, same, other = (grow(rows, TREES, 256, seed).nodes for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert len(one) != len(other) or (one != other).any()


@pytest.mark.parametrize("subsample", [0, 301])
def test_a_subsample_that_cannot_be_drawn_is_refused(subsample: int) -> None:
    with pytest.raises(ValueError, match=f"a subsample of {subsample} of 300 rows"):
        grow(rows_of("noisy").astype(np.float32), TREES, subsample, 0)


@pytest.mark.parametrize("kind", ["noisy", "mostly idle", "two levels", "bytes"])
def test_grown_forests_are_drawn_from_scikit_learns_distribution(kind: str) -> None:
    """Mean score and its spread over seeds, row by row, against scikit-learn's own."""
    rows = rows_of(kind, 200)
    away = around(rows)[::17]
    ours = np.array([scores(grow(rows.astype(np.float32), TREES, 128, s), away) for s in range(40)])
    theirs = np.array([-fitted(rows, 128, s).score_samples(away) for s in range(40)])
    error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / 40) + 1e-9
    distance = (ours.mean(axis=0) - theirs.mean(axis=0)) / error
    assert np.abs(distance).max() < 5
    assert np.sqrt((distance**2).mean()) < 1.5


def test_anomalies_are_found_as_well_as_by_scikit_learns_forest() -> None:
    rng = np.random.default_rng(5)
    rows = np.vstack([rng.normal(size=(1000, 5)), rng.normal(size=(20, 5)) * 3])
    labels = np.r_[np.zeros(1000), np.ones(20)]
    ours = [
        roc_auc_score(labels, scores(grow(rows.astype(np.float32), 100, 256, s), rows)) for s in range(10)
    ]
    theirs = [roc_auc_score(labels, -fitted(rows, seed=s).score_samples(rows)) for s in range(10)]
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * (np.std(theirs) + np.std(ours)) / np.sqrt(10)
