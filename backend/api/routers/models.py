"""Models: the state of each pair's, and training runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.api.errors import ApiError
from backend.api.model_list import ModelQuery, model_list
from backend.api.parts import Parts, PartsDep
from backend.api.ready import Ready, Sending
from backend.api.schemas.models import ModelList, ModelSort, ModelState, Pair, RetrainJob, Rollback
from backend.api.views import require_metric, require_service
from backend.api.wire import retrain_job
from backend.detection.manifest import ManifestError
from backend.jobs.training_job import TrainingJob

router = APIRouter(tags=["models"])

_LONGEST_WAIT = 3600.0


@router.get("/models", response_model=ModelList)
def models(
    parts: PartsDep,
    service: Annotated[list[str] | None, Query(description="any of these")] = None,
    metric: Annotated[list[str] | None, Query(description="any of these")] = None,
    state: Annotated[list[ModelState] | None, Query(description="any of these")] = None,
    q: Annotated[
        str, Query(max_length=200, description="words of the service's name, the metric's key or title")
    ] = "",
    sort: Annotated[
        ModelSort,
        Query(description="state: what needs a look first; a minus sign first: the other way round"),
    ] = "service",
    limit: Annotated[int | None, Query(ge=1, le=50_000, description="all without it")] = None,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """The model of each pair that has a series, by service and metric."""
    ready = Ready(
        model_list(parts, ModelQuery(service or (), metric or (), state or (), q, sort, limit, offset))
    )
    ready.pack()
    return Sending(ready)


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
    chosen = [key for key in before if service in (None, key.service) and metric in (None, key.metric)]
    try:
        after = parts.retrainer.roll_back(chosen)
    except (OSError, ManifestError) as error:
        detail = f"the models cannot be saved ({error}); the present ones stay"
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, detail) from None
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
