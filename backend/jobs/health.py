"""The state of everything Canopy depends on; each change is logged once and published once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.clock import Clock, to_rfc3339

log = logging.getLogger(__name__)


class DependencyStatus(StrEnum):
    STARTING = "starting"
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One dependency: its state, what that means for the reader, and since when (seconds since the epoch)."""

    state: DependencyStatus
    detail: str
    since: float


class HealthBoard:
    """Collects the states; any thread may report and read."""

    def __init__(self, clock: Clock, publish: Callable[[str, dict[str, Any]], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._lock = threading.Lock()
        self._states: dict[str, Dependency] = {}

    def report(self, name: str, state: DependencyStatus, detail: str = "") -> None:
        """Take a state; ``since`` moves only when the state changes."""
        with self._lock:
            old = self._states.get(name)
            if old is not None and (old.state, old.detail) == (state, detail):
                return
            changed = old is None or old.state != state
            since = self._clock.now() if changed or old is None else old.since
            self._states[name] = Dependency(state, detail, since)
        if changed:
            self._log(name, state, detail, old)
        self._publish("source", {"name": name, "state": state, "detail": detail, "since": to_rfc3339(since)})

    def states(self) -> dict[str, Dependency]:
        with self._lock:
            return dict(sorted(self._states.items()))

    def ready(self) -> bool:
        """Whether every dependency works at least in part."""
        return all(
            d.state in (DependencyStatus.OK, DependencyStatus.DEGRADED) for d in self.states().values()
        )

    @staticmethod
    def _log(name: str, state: DependencyStatus, detail: str, old: Dependency | None) -> None:
        if state is DependencyStatus.OK:
            if old is not None and old.state is not DependencyStatus.STARTING:
                log.info("%s has recovered", name)
        elif state is not DependencyStatus.STARTING:
            log.warning("%s is %s: %s", name, state, detail)
