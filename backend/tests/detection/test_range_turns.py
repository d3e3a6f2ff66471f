"""Whose expected range is found: everyone's in turn, an anomalous reading's at once, a storm's in pieces."""

from __future__ import annotations

import numpy as np

from backend.detection.range_turns import RangeTurns

COUNT, STEP = 4000, 15.0


def test_everyone_has_a_turn_within_ten_minutes_a_part_of_them_in_each_poll() -> None:
    turns, known = RangeTurns(STEP), np.ones((COUNT, 2))
    calm = np.zeros(COUNT, dtype=np.bool_)
    chosen = [turns.choose(calm, known) for _ in range(40)]
    assert set(np.concatenate(chosen).tolist()) == set(range(COUNT))
    assert max(len(some) for some in chosen) == COUNT / 40


def test_what_is_anomalous_does_not_wait_for_its_turn_unless_all_are() -> None:
    turns, known = RangeTurns(STEP), np.ones((COUNT, 2))
    anomalous = np.zeros(COUNT, dtype=np.bool_)
    anomalous[3999] = True
    assert 3999 in turns.choose(anomalous, known)
    assert len(turns.choose(~anomalous, known)) < COUNT / 4


def test_a_pair_of_which_nothing_is_known_is_among_the_next() -> None:
    known = np.ones((COUNT, 2))
    known[3000] = np.nan
    assert 3000 in RangeTurns(STEP).choose(np.zeros(COUNT, dtype=np.bool_), known)
