"""What the routers work with: the running parts of Canopy, built in wiring.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from backend.api.answers import Answers
from backend.clock import Clock
from backend.detection.detector import Detector
from backend.detection.registry import ModelRegistry
from backend.detection.sensitivity import Thresholds
from backend.incidents.store import IncidentStore
from backend.jobs.backtest import Backtester
from backend.jobs.broadcast import Broadcast
from backend.jobs.health import HealthBoard
from backend.jobs.learning import Learning
from backend.jobs.live import Live
from backend.jobs.logtail import LogTail
from backend.jobs.retrain import Retrainer
from backend.jobs.sensitivity import SensitivityControl
from backend.jobs.warmup import WarmUp
from backend.logs.store import LogStore
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.settings import Settings


@dataclass(frozen=True)
class Parts:
    """One of each; all safe to use from the HTTP threads."""

    settings: Settings
    clock: Clock
    catalogue: Mapping[str, MetricSpec]
    history: HistoryStore
    registry: ModelRegistry
    detector: Detector
    learning: Learning
    incidents: IncidentStore
    log_store: LogStore
    log_tail: LogTail
    retrainer: Retrainer
    thresholds: Thresholds
    sensitivity: SensitivityControl
    backtester: Backtester
    warmup: WarmUp
    live: Live
    answers: Answers
    health: HealthBoard
    broadcast: Broadcast


def _parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


PartsDep = Annotated[Parts, Depends(_parts)]
