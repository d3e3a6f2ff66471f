"""Artefacts out of scripted polls: each event has one name, said once, and what is no event has none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.artefacts import CLOCK_OFF, Known, Observed, recognise
from backend.metrics.cards import Artefact, ArtefactKind, Marker

STEP = 15.0
SETTLE = 120.0
T0 = 1_767_225_600.0
OLD = T0 - 86_400


def play(*polls: Observed, known: Known | None = None) -> list[Marker]:
    """The markers of several polls, one STEP apart."""
    known = Known() if known is None else known
    markers = []
    for i, observed in enumerate(polls):
        markers += recognise(known, replace(observed, at=T0 + i * STEP), SETTLE)
    return markers


def poll(**answers: object) -> Observed:
    return Observed(0.0, **answers)  # type: ignore[arg-type]


def told(markers: list[Marker]) -> list[tuple[str, str]]:
    return [(marker.artefact.kind, marker.artefact.words) for marker in markers]


def started(at: float, **more: object) -> Observed:
    return poll(started={"shop": at}, **more)


def test_a_later_start_is_a_restart_at_that_time_which_holds_alerts_back_for_a_while() -> None:
    (marker,) = play(started(OLD), started(OLD), started(T0 + 20))
    at = T0 + 2 * STEP
    assert marker == Marker("shop", Artefact(ArtefactKind.RESTART, T0 + 20, "it restarted", at + SETTLE))
    assert marker.artefact.holds_back(at)
    assert not marker.artefact.holds_back(at + SETTLE)


def test_a_service_that_crashes_again_and_again_is_not_silent_for_ever() -> None:
    known = Known()
    held = []
    for i in range(40):
        at = T0 + i * 60
        markers = recognise(known, replace(started(at - 5), at=at), SETTLE)
        held.append(any(marker.artefact.holds_back(at) for marker in markers))
    assert held == [True, True, *[False] * 38]
    later = at + 5 * SETTLE + 1
    (marker,) = recognise(known, replace(started(later - 5), at=later), SETTLE)
    assert marker.artefact.holds_back(later), "it has been calm for long enough"


def test_a_service_seen_first_is_a_restart_only_if_it_started_just_now() -> None:
    assert play(started(OLD)) == []
    assert told(play(started(T0 - 30))) == [("restart", "it restarted")]


def test_a_start_time_that_is_missing_for_a_while_is_remembered() -> None:
    gone = poll(started={})
    assert play(started(OLD), gone, gone, started(OLD)) == []
    assert told(play(started(OLD), gone, gone, started(T0 + 40))) == [("restart", "it restarted")]


@pytest.mark.parametrize("drift", [-40.0, -1.0, 0.3, 1.9, 40.0])
def test_a_clock_that_was_set_is_no_restart(drift: float) -> None:
    assert play(started(OLD), started(OLD + drift), started(OLD)) == []


def test_a_restart_is_seen_on_a_host_whose_clock_is_far_behind_or_ahead() -> None:
    behind = T0 - 7200
    assert told(play(started(OLD), started(behind))) == [("restart", "it restarted")]
    (marker,) = play(started(OLD), started(T0 + 3600))
    assert marker.artefact.since == T0 + STEP, "nothing has happened in the future"


def test_a_start_with_another_version_is_a_deploy() -> None:
    old, new = (started(at, versions={"shop": {v}}) for at, v in ((OLD, "1.4.2"), (T0 + 10, "1.5.0")))
    assert told(play(old, new)) == [("deploy", "version 1.5.0 was deployed (1.4.2 before)")]


def test_a_canary_is_a_deploy_once_and_its_completion_is_none() -> None:
    versions = [{"1"}, {"1", "2"}, {"1", "2"}, {"2"}]
    markers = play(*(poll(versions={"shop": some}) for some in versions))
    assert told(markers) == [("deploy", "version 2 was deployed (1 before)")]


def test_a_version_of_a_service_that_said_none_before_is_no_deploy() -> None:
    assert play(poll(versions={}), poll(versions={"shop": {"1"}})) == []
    assert play(poll(versions={"shop": set()}), poll(versions={"shop": {"1"}})) == []


def test_strange_versions_stay_one_short_line() -> None:
    odd = {f"v{i}\n" + "x" * 500 for i in range(9)}
    ((_, words),) = told(play(poll(versions={"shop": {"1"}}), poll(versions={"shop": odd})))
    assert len(words) < 350
    assert "\n" not in words
    assert "and 5 more" in words


def test_another_number_of_instances_is_named_and_the_start_of_the_new_one_is_part_of_it() -> None:
    two, three = {"shop": 2.0}, {"shop": 3.0}
    together = play(started(OLD, instances=two), started(T0 + 10, instances=three))
    apart = play(
        started(OLD, instances=two), started(OLD, instances=three), started(T0 + 20, instances=three)
    )
    assert told(together) == told(apart) == [("new_instance", "its instances went from 2 to 3")]
    fewer = play(started(OLD, instances=three), started(OLD, instances=two))
    assert told(fewer) == [("new_instance", "its instances went from 3 to 2")]


def test_a_crash_of_the_new_instance_is_a_restart() -> None:
    two, three = {"shop": 2.0}, {"shop": 3.0}
    markers = play(
        started(OLD, instances=two),
        started(T0 + 10, instances=three),
        started(T0 + 25, instances=three),
    )
    assert [kind for kind, _ in told(markers)] == ["new_instance", "restart"]


def test_counters_that_begin_again_are_named_once_unless_a_restart_explains_them() -> None:
    reset = poll(resets={"shop": 1.0, "calm": 0.0})
    calm = poll(resets={"shop": 0.0})
    assert told(play(calm, reset, reset, calm, reset)) == [
        ("counter_reset", "its counters began again at 0"),
        ("counter_reset", "its counters began again at 0"),
    ]
    assert [kind for kind, _ in told(play(started(OLD), started(T0 + 10), reset))] == ["restart"]
    (marker,) = play(calm, reset)
    assert not marker.artefact.holds_back(T0), "a rate takes resets into account"


def test_a_gap_is_told_once_and_lasts_until_all_can_be_scraped() -> None:
    three = {"shop": 3.0}
    known = Known()
    gap = poll(instances=three, down={"shop": 2.0})
    markers = play(poll(instances=three, down={}), gap, gap, known=known)
    assert told(markers) == [("scrape_gap", "Prometheus cannot scrape 2 of its 3 instances")]
    assert "shop" in known.down
    assert play(poll(down=None), known=known) == []
    assert "shop" in known.down, "a query that failed says nothing"
    assert play(poll(down={}), known=known) == []
    assert known.down == {}
    whole = play(poll(instances={"shop": 1.0}, down={"shop": 1.0}))
    assert told(whole) == [("scrape_gap", "Prometheus cannot scrape it")]


def test_a_clock_that_is_off_is_named_with_its_side() -> None:
    fine = poll(clock={"shop": CLOCK_OFF - 1})
    assert told(play(fine, poll(clock={"shop": -3600.0}), poll(clock={"shop": -3601.0}))) == [
        ("clock_skew", "its clock is 3,600 s behind")
    ]
    assert told(play(poll(clock={"shop": 42.0}))) == [("clock_skew", "its clock is 42 s ahead")]


def test_what_was_not_answered_changes_nothing() -> None:
    nothing = poll()
    assert play(started(OLD), nothing, started(OLD), nothing, nothing) == []


def test_a_service_that_is_gone_is_forgotten() -> None:
    known = Known()
    everything = started(
        OLD,
        versions={"shop": {"1"}},
        instances={"shop": 1.0},
        resets={"shop": 1.0},
        down={"shop": 1.0},
        clock={"shop": 99.0},
    )
    play(everything, known=known)
    known.forget(["shop", "unheard-of"])
    assert known == Known()


def test_thousands_of_services_are_told_apart() -> None:
    names = [f"service-{i}" for i in range(5000)]
    before = poll(started=dict.fromkeys(names, OLD), instances=dict.fromkeys(names, 2.0))
    after = poll(
        started={name: T0 + 5 if i % 100 == 0 else OLD for i, name in enumerate(names)},
        instances=dict.fromkeys(names, 2.0),
    )
    markers = play(before, after)
    assert [marker.service for marker in markers] == names[::100]
    assert {marker.artefact.kind for marker in markers} == {ArtefactKind.RESTART}


ANSWERS = st.dictionaries(st.sampled_from(["a", "b", "é\n"]), st.floats(-1e9, 1e10), max_size=3)
MAYBE = st.none() | ANSWERS
POLLS = st.builds(
    Observed,
    at=st.just(0.0),
    started=MAYBE,
    versions=st.none()
    | st.dictionaries(st.sampled_from(["a", "b"]), st.frozensets(st.text(max_size=3), max_size=2)),
    instances=MAYBE,
    down=MAYBE,
    resets=MAYBE,
    clock=MAYBE,
)


@given(st.lists(POLLS, max_size=8))
def test_any_answers_give_the_same_single_lines_twice_and_one_event_a_service_and_poll(
    polls: list[Observed],
) -> None:
    assert play(*polls) == play(*polls)
    known = Known()
    for i, observed in enumerate(polls):
        at = T0 + i * STEP
        markers = recognise(known, replace(observed, at=at), SETTLE)
        assert all(marker.artefact.words.isprintable() for marker in markers)
        assert all(marker.artefact.since <= at for marker in markers)
        events = [m.service for m in markers if m.artefact.kind in ("restart", "deploy", "new_instance")]
        assert len(events) == len(set(events))
    known.forget(["a", "b", "é\n"])
    assert known == Known()
