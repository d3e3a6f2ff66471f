"""Background work stands still while a poll is under way, and for no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from backend.jobs.threads import PollsFirst


def in_background(work: Callable[[], None]) -> threading.Event:
    """Set once the work has returned."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done


def test_work_stands_still_until_the_poll_ends() -> None:
    polls = PollsFirst()
    with polls.polling():
        done = in_background(polls.give_way)
        assert not done.wait(0.1)
    assert done.wait(10)


def test_a_poll_that_breaks_off_lets_the_work_go_on() -> None:
    polls = PollsFirst()
    with pytest.raises(RuntimeError, match="broke off"), polls.polling():
        raise RuntimeError("the poll broke off")
    assert in_background(polls.give_way).wait(10)
