"""Keeps the live forests' state on the disk, a segment at a time, and brings it back at the next start."""

from __future__ import annotations

import logging
import math
import threading
import time
from pathlib import Path

from backend.detection.live_forest import LiveForest
from backend.detection.registry import ModelRegistry
from backend.detection.snapshots import (
    SnapshotRefused,
    read_snapshot,
    snapshot_path,
    snapshots,
    write_snapshot,
)
from backend.jobs.health import DependencyStatus, HealthBoard

log = logging.getLogger(__name__)

SAVE_INTERVAL = 10.0
"""Seconds between two looks at what is to be saved."""
_EVERY = 600.0
"""Seconds after which a segment is saved again: as much is read in from the datasets after a kill."""
_TRY_AGAIN = 30.0
"""Seconds until one that the disk refused is tried again."""


class Snapshots:
    """Nothing depends on them but the time until a restarted Canopy judges again. Any thread may call."""

    def __init__(
        self, folder: Path, forest: LiveForest, registry: ModelRegistry, health: HealthBoard
    ) -> None:
        self._folder = folder
        self._forest = forest
        self._registry = registry
        self._health = health
        self._saved: dict[int, float] = {}
        self._saving = threading.Lock()
        self._failing = False

    def load(self) -> None:
        """Take back what the last run has left; what is refused is grown anew, and its reason logged."""
        for segment, path in snapshots(self._folder).items():
            try:
                self._forest.restore(segment, read_snapshot(path), self._registry.current)
            except (SnapshotRefused, ValueError) as error:
                log.warning("a snapshot is not used, its pairs grow from the datasets: %s", error)

    def save_due(self) -> None:
        """Save the segments whose models changed, and those that were saved longest ago: a few at a time."""
        now = time.monotonic()
        changed = self._forest.take_changed()
        segments = self._forest.segments()
        old = [s for s in range(segments) if now - self._saved.get(s, -math.inf) >= _EVERY]
        old.sort(key=lambda segment: self._saved.get(segment, -math.inf))
        some = old[: math.ceil(segments * SAVE_INTERVAL / _EVERY)]
        for segment in sorted({*changed, *some}):
            self._save(segment)

    def save_all(self, seconds: float) -> None:
        """At the end: those saved longest ago first, for at most so long."""
        until = time.monotonic() + seconds
        order = sorted(range(self._forest.segments()), key=lambda s: self._saved.get(s, -math.inf))
        for segment in order:
            if time.monotonic() >= until:
                log.info("%d of %d snapshots are not renewed", len(order) - order.index(segment), len(order))
                return
            self._save(segment)

    def _save(self, segment: int) -> None:
        with self._saving:
            self._saved[segment] = time.monotonic()
            try:
                write_snapshot(snapshot_path(self._folder, segment), self._forest.dump(segment))
            except OSError as error:
                detail = (
                    f"the state of the forests cannot be written ({error.strerror}); a restart takes longer"
                )
                self._health.report("snapshots", DependencyStatus.DEGRADED, detail)
                self._failing = True
                self._saved[segment] -= _EVERY - _TRY_AGAIN
            else:
                if self._failing:
                    self._health.report("snapshots", DependencyStatus.OK)
                self._failing = False
