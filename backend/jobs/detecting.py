"""Builds the detector that the settings ask for, and what keeps it up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

import numpy as np

from backend.detection.arena import ForestArena
from backend.detection.classic import ClassicDetector
from backend.detection.compiled import NOT_COMPILED
from backend.detection.detector import Detector
from backend.detection.features import max_gap
from backend.detection.live_forest import LiveForest
from backend.detection.registry import ModelRegistry
from backend.detection.sensitivity import Thresholds
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.learning import Learning
from backend.jobs.recovery import Recovery
from backend.jobs.snapshots import Snapshots
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

log = logging.getLogger(__name__)

Recover = Callable[[Collection[SeriesKey], Collection[SeriesKey], float], None]


def build_detector(settings: Settings, thresholds: Thresholds) -> Detector:
    """The detector of ``detection.detector``."""
    interval = settings.poll.interval
    if settings.detection.detector == "isolation_forest":
        return ClassicDetector(settings.training, max_gap(interval))
    zone = None if settings.detection.timezone == "UTC" else ZoneInfo(settings.detection.timezone)
    return LiveForest(interval, zone, thresholds, settings.training.min_samples)


def report_loops(health: HealthBoard) -> None:
    """Say where loops are not compiled: the results are the same, and an operator wonders why it is slow."""
    if NOT_COMPILED:
        detail = f"{NOT_COMPILED}: detection runs without compiled loops, a hundred times as slow or more"
        log.warning("%s", detail)
        health.report("detection", DependencyStatus.OK, detail)


def recovery_of(
    detector: Detector,
    *,
    settings: Settings,
    history: HistoryStore,
    registry: ModelRegistry,
    learning: Learning,
) -> Recover | None:
    """What brings the detector to the present before each poll; None for one that remembers nothing."""
    if not isinstance(detector, LiveForest):
        return None
    return Recovery(
        interval=settings.poll.interval,
        history=history,
        registry=registry,
        forest=detector,
        learning=learning,
    ).catch_up


def prepare(detector: Detector) -> None:
    """Have the loops compiled where they never were: half a minute that no poll is to wait for."""
    if isinstance(detector, LiveForest) and not NOT_COMPILED:
        scratch = ForestArena(detector.interval, detector.zone)
        slot = scratch.add(0)
        times = detector.interval * np.arange(100.0)
        scratch.push(np.full(100, slot), times, np.sin(times))
        scratch.expected(np.array([slot]), np.array([0.6]))


def snapshots_of(
    detector: Detector, settings: Settings, registry: ModelRegistry, health: HealthBoard
) -> Snapshots | None:
    """What keeps the detector's state, with that of the last run taken back; None for one that has none."""
    if not isinstance(detector, LiveForest):
        return None
    kept = Snapshots(settings.storage.models / ".state", detector, registry, health)
    kept.load()
    return kept
