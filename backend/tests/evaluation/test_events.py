"""Events: counts by hand, VUS-PR against its definition written out, perfection and chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.evaluation.events import EventCounts, auc_pr, count_events, events_of, vus_pr


def labels(count: int, *spans: tuple[int, int]) -> np.ndarray:
    marked = np.zeros(count, dtype=bool)
    for first, last in spans:
        marked[first : last + 1] = True
    return marked


def test_events_are_runs() -> None:
    assert events_of(labels(10, (0, 1), (4, 4), (8, 9))) == [(0, 1), (4, 4), (8, 9)]
    assert events_of(labels(3)) == []


def test_counts_and_f1_by_hand() -> None:
    raised = np.zeros(20, dtype=bool)
    raised[[2, 3, 9, 15]] = (
        True  # twice in the first event, once outside, once in the second; the third is missed
    )
    counts = count_events(labels(20, (2, 4), (15, 15), (18, 19)), raised)
    assert counts == EventCounts(found=2, missed=1, false=1)
    assert counts.f1() == pytest.approx(2 / 3)
    assert (counts + EventCounts(1, 0, 0)).found == 3
    assert EventCounts(0, 0, 0).f1() == 0


def test_perfect_scores_have_an_area_of_1_without_a_buffer() -> None:
    marked = labels(300, (50, 69), (200, 209))
    assert auc_pr(marked, marked.astype(float)) == pytest.approx(1)
    assert vus_pr(marked, marked.astype(float), buffer=0) == pytest.approx(1)


def test_a_near_miss_is_worth_something_to_vus_only() -> None:
    marked = labels(1000, (500, 519))
    late = np.roll(marked, 22).astype(float)
    assert vus_pr(marked, late, buffer=60) > vus_pr(marked, late, buffer=0) + 0.1
    assert vus_pr(marked, np.roll(marked, 300).astype(float), buffer=60) < 0.1


def test_nothing_labelled_has_no_area() -> None:
    with pytest.raises(ValueError, match="nothing is labelled"):
        vus_pr(labels(10), np.zeros(10))


def written_out(marked: np.ndarray, scores: np.ndarray, width: int) -> float:
    """Range-AUC-PR as in the paper: one threshold after the other."""
    count = len(marked)
    soft = marked.astype(float)
    for first, last in events_of(marked):
        for i in range(count):
            distance = i - last if i > last else first - i
            if 0 < distance <= width // 2:
                soft[i] += np.sqrt(1 - distance / width)
    soft = np.minimum(soft, 1)
    events = events_of(soft > 0)
    positives = (marked.sum() + soft.sum()) / 2
    area, recall_before, precision_before = 0.0, 0.0, 1.0
    for threshold in np.sort(scores)[::-1][np.linspace(0, count - 1, 250).astype(int)]:
        predicted = scores >= threshold
        touched = np.mean([predicted[first : last + 1].any() for first, last in events])
        recall = min((soft * predicted).sum() / positives, 1) * touched
        precision = (soft * predicted).sum() / predicted.sum()
        area += (recall - recall_before) * (precision + precision_before) / 2
        recall_before, precision_before = recall, precision
    return area


@given(st.integers(0, 10_000), st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_vus_is_the_mean_of_its_definition(seed: int, buffer: int) -> None:
    rng = np.random.default_rng(seed)
    marked = labels(120, (20, 25), (60, 60), (100, 110))
    scores = np.round(rng.random(120), 2)
    expected = np.mean([written_out(marked, scores, width) for width in range(buffer + 1)])
    assert vus_pr(marked, scores, buffer) == pytest.approx(expected)
