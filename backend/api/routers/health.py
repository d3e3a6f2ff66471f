"""Whether Canopy lives, and whether everything it depends on does."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response

from backend import __version__
from backend.api.parts import PartsDep
from backend.api.schemas.health import DependencyState, Health, Ready

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
def health() -> Health:
    """Alive: the process answers."""
    return Health(status="ok", version=__version__)


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: {"model": Ready}})
def ready(parts: PartsDep, response: Response) -> Ready:
    """Each dependency's state; 503 while one is down or has not started."""
    is_ready = parts.health.ready()
    if not is_ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    states = parts.health.states()
    return Ready(
        ready=is_ready,
        dependencies={name: DependencyState.model_validate(state) for name, state in states.items()},
    )
