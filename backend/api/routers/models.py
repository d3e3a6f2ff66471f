"""Models: the state of each pair's, and training runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.models import ModelList, ModelStatus, Pair, RetrainJob, Rollback
from backend.api.schemas.readings import Expected
from backend.api.views import require_metric, require_service
from backend.api.wire import retrain_job
from backend.jobs.retrain import TrainingJob
from backend.metrics.readings import SeriesKey

router = APIRouter(tags=["models"])

_LONGEST_WAIT = 3600.0


@router.get("/models")
def models(parts: PartsDep) -> ModelList:
    """The model of each pair that has a series."""
    report = parts.live.report
    pairs = sorted(report.readings) if report else []
    failures = parts.warmup.failures()
    return ModelList(items=[_status(parts, key, failures.get(key)) for key in pairs])


@router.post(
    "/retrain",
    status_code=HTTPStatus.ACCEPTED,
    responses={HTTPStatus.OK: {"model": RetrainJob, "description": "with ``wait``: the run as it ended"}},
)
def retrain(
    parts: PartsDep,
    response: Response,
    service: Annotated[str | None, Query()] = None,
    metric: Annotated[str | None, Query()] = None,
    wait: Annotated[bool, Query(description="answer when the run has ended")] = False,
    force: Annotated[bool, Query(description="take new models that judge very differently too")] = False,
) -> RetrainJob:
    """Train all pairs, or those of one service or metric; 409 while another run goes on."""
    _require(parts, service, metric)
    job = parts.retrainer.start("api", parts.retrainer.pairs(service, metric), force=force)
    response.headers["Location"] = f"/retrain/{job.id}"
    if wait:
        job = parts.retrainer.wait(job.id, _LONGEST_WAIT) or job
        response.status_code = HTTPStatus.OK
    return retrain_job(job)


@router.post("/models/rollback")
def rollback(
    parts: PartsDep,
    service: Annotated[str | None, Query()] = None,
    metric: Annotated[str | None, Query()] = None,
) -> Rollback:
    """Serve the models before the present ones, of all pairs or of one service or metric.

    They are held until the next retrain. 409 where none has a model before it, or a retrain goes on.
    """
    _require(parts, service, metric)
    before = parts.registry.current.models
    after = parts.retrainer.roll_back(
        key for key in before if service in (None, key.service) and metric in (None, key.metric)
    )
    back = sorted(key for key, info in before.items() if after.models[key].sha256 != info.sha256)
    return Rollback(generation=str(after.generation), models=[Pair(service=s, metric=m) for s, m in back])


@router.get("/retrain")
def newest(
    parts: PartsDep,
    background: Annotated[
        bool, Query(description="false: leave out runs that only read the habits of earlier weeks")
    ] = True,
) -> RetrainJob | None:
    """The newest training run; null where there was none since the start."""
    job = parts.retrainer.latest(background=background)
    return retrain_job(job) if job else None


@router.get("/retrain/{job_id}")
def progress(parts: PartsDep, job_id: str) -> RetrainJob:
    """How far a training run is, and what it skipped and why."""
    return retrain_job(_known(parts.retrainer.job(job_id), job_id))


@router.post("/retrain/{job_id}/cancel", status_code=HTTPStatus.ACCEPTED)
def cancel(parts: PartsDep, job_id: str) -> RetrainJob:
    """Ask a training run to end; the present models stay. One that has ended stays as it is."""
    return retrain_job(_known(parts.retrainer.cancel(job_id), job_id))


def _known(job: TrainingJob | None, job_id: str) -> TrainingJob:
    """404 for a run that there is not."""
    if job is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"there is no training run {job_id[:40]!r} since the last start")
    return job


def _require(parts: Parts, service: str | None, metric: str | None) -> None:
    """404 for a service or a metric that there is not."""
    if service is not None:
        require_service(parts, service)
    if metric is not None:
        require_metric(parts, metric)


def _status(parts: Parts, key: SeriesKey, failure: str | None) -> ModelStatus:
    served = parts.registry.current
    info = served.models.get(key)
    progress = parts.warmup.progress(key, parts.live.report)
    refused = served.refused.get(key)
    standing = parts.detector.standing(key, served)
    if info is not None:
        state, reason = "ready", failure or ""
    elif refused or failure:
        state, reason = "failed", refused or failure or ""
    else:
        state, reason = "warming_up", f"{progress.have} of the {progress.need} samples needed"
    return ModelStatus(
        service=key.service,
        metric=key.metric,
        state=state,
        reason=reason,
        have=progress.have,
        need=progress.need,
        eta=progress.eta if state == "warming_up" else None,
        trained_at=info.trained_at if info else None,
        window=parts.settings.training.window,
        samples=info.samples if info else None,
        version=served.generation if info else None,
        expected=Expected(low=info.expected.low, high=info.expected.high) if info else None,
        detector=parts.detector.name,
        learned=standing.learned if standing else None,
        judged=standing.judged if standing else 0,
        alert_rate=standing.alert_rate if standing else None,
        changed=info.changed if info else "",
        candidate=info.candidate if info else "",
        held=info.held if info else False,
        before=info.before.trained_at if info and info.before else None,
    )
