"""Taking back an act: what holds again, what the timeline says, and what cannot be taken back."""

from __future__ import annotations

from functools import partial

import pytest

from backend.incidents.acts import (
    IllegalTransition,
    acknowledge,
    auto_resolve,
    comment,
    give_feedback,
    reopen,
    resolve,
)
from backend.incidents.incident import Feedback, Incident, ResolveReason, Status
from backend.incidents.store import IncidentStore
from backend.incidents.undo import UNDO_WITHIN, undo
from backend.tests.incidents.builders import new_incident, opened


def test_a_resolution_is_taken_back_to_where_it_was_and_the_timeline_tells_both() -> None:
    looked_after = acknowledge(new_incident(), 2000.0)
    resolved = resolve(looked_after, 2100.0, ResolveReason.NOISE, "flapping")
    back = undo(comment(resolved, 2104.0, "oh"), 2108.0)
    assert (back.status, back.resolved_at, back.resolve_reason) == (Status.ACKNOWLEDGED, None, None)
    assert back.feedback is None, "it is no longer called noise"
    assert [(entry.kind, entry.text) for entry in back.timeline[-3:]] == [
        ("resolved", "Resolved, it was noise: flapping"),
        ("comment", "oh"),
        ("undone", "Resolution taken back after 8 s."),
    ]
    assert back.updated_at == 2108.0


def test_acts_are_taken_back_one_by_one() -> None:
    incident = resolve(acknowledge(new_incident(), 2000.0), 2001.0)
    once = undo(incident, 2002.0)
    twice = undo(once, 2003.0)
    assert (once.status, twice.status) == (Status.ACKNOWLEDGED, Status.OPEN)
    with pytest.raises(IllegalTransition, match="no acknowledgement or resolution to undo"):
        undo(twice, 2004.0)


@pytest.mark.parametrize("answer", ["yes", "expected"])
def test_an_answer_from_elsewhere_outlives_a_resolution_as_noise(answer: Feedback) -> None:
    resolved = resolve(new_incident(), 2000.0, ResolveReason.NOISE)
    assert resolved.feedback == "noise"
    answered = give_feedback(resolved, 2001.0, answer)
    assert undo(answered, 2002.0).feedback == answer


@pytest.mark.parametrize("reason", [None, ResolveReason.MAINTENANCE])
def test_a_resolution_that_says_nothing_of_right_or_wrong_keeps_the_answer(
    reason: ResolveReason | None,
) -> None:
    answered = give_feedback(new_incident(), 2000.0, "expected")
    resolved = resolve(answered, 2001.0, reason)
    assert (resolved.feedback, undo(resolved, 2002.0).feedback) == ("expected", "expected")


def test_after_a_while_an_act_stands() -> None:
    resolved = resolve(new_incident(), 2000.0)
    assert undo(resolved, 2000.0 + UNDO_WITHIN).status is Status.OPEN
    with pytest.raises(IllegalTransition, match="undo is for the first 5 min") as refused:
        undo(resolved, 2001.0 + UNDO_WITHIN)
    assert "can be reopened" in refused.value.detail


@pytest.mark.parametrize(
    "incident",
    [
        new_incident(),
        reopen(resolve(new_incident(), 2000.0), 2001.0),
        auto_resolve(new_incident(), 2000.0, 4),
    ],
    ids=["untouched", "reopened", "resolved by Canopy"],
)
def test_only_an_operators_own_act_is_taken_back(incident: Incident) -> None:
    with pytest.raises(IllegalTransition, match="no acknowledgement or resolution to undo"):
        undo(incident, 2002.0)


def test_a_resolution_stands_once_the_pair_has_another_incident(store: IncidentStore) -> None:
    first = opened(store)
    store.change(first.id, partial(resolve, at=2000.0))
    second = opened(store, 2100.0)
    with pytest.raises(IllegalTransition, match=f"incident #{second.id} of the same service and metric"):
        store.change(first.id, partial(undo, at=2101.0))
