"""Background work gives way to the poll: by its priority, and by standing still while one is judged."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_NICER = 10
_NICEST = 19


class PollsFirst:
    """Lets work that calls `give_way` between its portions stand still while a poll is under way.

    A priority alone does not: two compiled loops share caches and memory, and the interpreter goes to whoever
    waits for it. A poll never waits here: it is delayed by what is left of one portion, at most.
    """

    def __init__(self) -> None:
        self._quiet = threading.Event()
        self._quiet.set()

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Around a poll's own work; one at a time."""
        self._quiet.clear()
        try:
            yield
        finally:
            self._quiet.set()

    def give_way(self) -> None:
        """Return once no poll is under way. Not to be called by who holds a lock that polls take."""
        self._quiet.wait()


def after_polls() -> None:
    """Let the calling thread have what processor time the others leave, where threads have priorities."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            own = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(own + _NICER, _NICEST))
