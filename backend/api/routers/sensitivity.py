"""Sensitivity: each metric's, what another one would do, and saving it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from backend.api import backtest_wire
from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.sensitivity import (
    MetricSensitivity,
    PreviewBody,
    SensitivityBody,
    SensitivityChange,
    SensitivityList,
    SensitivityPreview,
)
from backend.api.views import require_metric
from backend.detection.sensitivity import SCORES, score_of
from backend.settings import Sensitivity

router = APIRouter(prefix="/sensitivity", tags=["sensitivity"])

_HISTORY = 100


@router.get("")
def sensitivities(parts: PartsDep) -> SensitivityList:
    """What each metric is judged by, and who changed it."""
    control = parts.sensitivity
    saved = control.saved()
    return SensitivityList(
        items=[
            MetricSensitivity(
                metric=metric,
                title=spec.title,
                sensitivity=control.present(metric),
                threshold=score_of(control.present(metric)),
                source="operator" if metric in saved else "configuration",
                configured=control.configured(metric),
            )
            for metric, spec in parts.catalogue.items()
        ],
        words=dict(SCORES),
        applies=_applies(parts),
        history=[SensitivityChange.model_validate(change) for change in control.changes(_HISTORY)],
    )


@router.post("/preview")
def preview(parts: PartsDep, body: PreviewBody) -> SensitivityPreview:
    """What a sensitivity would have done in the last days, from the stored scores; changes nothing."""
    spec = require_metric(parts, body.metric)
    _require_use(parts)
    return backtest_wire.preview(parts.sensitivity.preview(spec, body.sensitivity, body.days), spec)


@router.put("/{metric}")
def save(parts: PartsDep, metric: str, body: SensitivityBody) -> SensitivityList:
    """Judge the metric's readings by it from the next poll on, restarts included."""
    return _save(parts, metric, body.sensitivity, body.by)


@router.delete("/{metric}")
def forget(parts: PartsDep, metric: str) -> SensitivityList:
    """Return to the configuration's."""
    return _save(parts, metric, None, "operator")


def _save(parts: Parts, metric: str, sensitivity: Sensitivity | None, by: str) -> SensitivityList:
    require_metric(parts, metric)
    _require_use(parts)
    parts.sensitivity.save(metric, sensitivity, by)
    parts.broadcast.publish("sensitivity", {"metric": metric})
    return sensitivities(parts)


def _applies(parts: Parts) -> bool:
    return parts.settings.detection.detector == "view_forest"


def _require_use(parts: Parts) -> None:
    if not _applies(parts):
        raise ApiError(
            HTTPStatus.CONFLICT,
            "detection.detector is isolation_forest, which has no sensitivity: "
            "training.contamination sets its threshold",
        )
