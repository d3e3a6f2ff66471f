"""Keeps the datasets within their limits of age and size: each hour, and soon after the start."""

from __future__ import annotations

import logging

from backend.clock import Clock
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.quantity import quantity
from backend.metrics.retention import Limits, trim
from backend.settings import Settings

log = logging.getLogger(__name__)


def limits_of(settings: Settings) -> Limits:
    """What the operator allows the datasets."""
    return Limits(settings.storage.keep, settings.storage.max_size, settings.training.window)


class Keeping:
    """Runs in a worker thread; a poll waits for one file's cut at most."""

    def __init__(self, history: HistoryStore, limits: Limits, clock: Clock, health: HealthBoard) -> None:
        self._history = history
        self._limits = limits
        self._clock = clock
        self._health = health
        self._failing = False

    def run_once(self) -> None:
        """Remove the oldest readings where there are too many; tell where that cannot be."""
        try:
            done = trim(self._history, self._limits, self._clock.now(), exact=False)
        except HistoryError as error:
            self._tell((error.detail,))
            return
        if done.freed:
            freed, left = quantity(done.freed, "bytes"), quantity(done.left, "bytes")
            log.info("old readings of %d pairs removed: %s freed, %s left", done.cut + done.gone, freed, left)
        self._tell(done.problems)

    def _tell(self, problems: tuple[str, ...]) -> None:
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            self._health.report("retention", DependencyStatus.DEGRADED, problems[-1] + more)
        elif self._failing:
            self._health.report("retention", DependencyStatus.OK)
        self._failing = bool(problems)
