"""What Canopy depends on: each change is told once, and "since" is when it changed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from backend.jobs.health import Dependency, DependencyStatus, HealthBoard
from backend.tests.jobs.bench import START, SetClock


@pytest.fixture
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def board(clock: SetClock, told: list[dict[str, Any]]) -> HealthBoard:
    return HealthBoard(clock, lambda name, data: told.append(data))


def test_a_state_is_told_once_and_keeps_its_beginning(
    board: HealthBoard, clock: SetClock, told: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    board.report("prometheus", DependencyStatus.STARTING)
    board.report("prometheus", DependencyStatus.OK)
    for second in (10, 20, 30):
        clock.time = START + second
        board.report("prometheus", DependencyStatus.DOWN, "no answer")
    clock.time = START + 40
    board.report("prometheus", DependencyStatus.DOWN, "connection refused")
    assert board.states()["prometheus"] == Dependency(DependencyStatus.DOWN, "connection refused", START + 10)
    clock.time = START + 50
    board.report("prometheus", DependencyStatus.OK)
    assert [(event["state"], event["detail"]) for event in told] == [
        *(("starting", ""), ("ok", ""), ("down", "no answer"), ("down", "connection refused"), ("ok", ""))
    ]
    assert told[-2]["since"] == "2026-01-01T00:00:10Z"
    assert [record.getMessage() for record in caplog.records] == [
        "prometheus is down: no answer",
        "prometheus has recovered",
    ]


@pytest.mark.parametrize(
    ("state", "ready"), [("starting", False), ("ok", True), ("degraded", True), ("down", False)]
)
def test_ready_while_everything_works_at_least_in_part(board: HealthBoard, state: str, ready: bool) -> None:
    board.report("incidents", DependencyStatus.OK)
    board.report("prometheus", DependencyStatus(state))
    assert board.ready() is ready
