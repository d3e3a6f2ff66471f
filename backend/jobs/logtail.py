"""Follows every configured log source, on a schedule and whenever an incident needs the newest lines."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from backend.jobs.health import DependencyStatus, HealthBoard
from backend.logs.database import LogStoreError
from backend.logs.sources.file_tail import FileTail
from backend.logs.sources.status import SourceStatus
from backend.logs.store import LogStore


class LogTail:
    """Reads all sources; one caller at a time."""

    def __init__(self, tails: Sequence[FileTail], store: LogStore, health: HealthBoard) -> None:
        self._tails = tails
        self._store = store
        self._health = health
        self._lock = threading.Lock()

    def read_new_lines(self, now: float) -> None:
        """Take what was written since the last call.

        A source that fails is reported, the others are read on; logs are down only when none is read.
        """
        with self._lock:
            for tail in self._tails:
                tail.poll_once(now)
        found = [status for tail in self._tails for status in tail.status()]
        failed = [status for status in found if status.state == "failed"]
        if failed:
            state = DependencyStatus.DOWN if len(failed) == len(found) else DependencyStatus.DEGRADED
            self._health.report("logs", state, f"{failed[0].path}: {failed[0].detail}")
        else:
            self._health.report("logs", DependencyStatus.OK)

    def trim(self, now: float) -> None:
        """Drop the lines that are older than they are kept."""
        try:
            self._store.trim(now)
        except LogStoreError as error:
            self._health.report("logs", DependencyStatus.DOWN, str(error))

    def sources(self, service: str) -> list[SourceStatus]:
        """The state of every file that a service's lines come from."""
        return [status for tail in self._tails for status in tail.status_of(service)]

    def close(self) -> None:
        """Let the files go."""
        with self._lock:
            for tail in self._tails:
                tail.close()
