"""Which services there are, and what their newest readings say."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.api import exposition
from backend.api.parts import Parts, PartsDep
from backend.api.ready import Ready, Sending
from backend.api.schemas.readings import Overview, ServiceMetrics
from backend.api.views import require_service

router = APIRouter(tags=["services"])


@router.get("/services")
def services(parts: PartsDep) -> list[str]:
    """The services that Prometheus knows, sorted. Empty until the first poll has ended: see /ready."""
    report = parts.live.report
    return list(report.services) if report else []


@router.get(
    "/metrics",
    response_model=ServiceMetrics,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(parts: PartsDep, service: Annotated[str | None, Query()] = None) -> Response:
    """The newest readings of one service.

    Without ``service``, Canopy's own metrics in Prometheus's text format.
    """
    if service is None:
        ready = Ready(exposition.render(parts), exposition.CONTENT_TYPE)
        ready.pack()
        return Sending(ready)
    return Sending(parts.answers.service(require_service(parts, service), service))


@router.get("/overview", response_model=Overview)
async def overview(
    parts: PartsDep,
    limit: Annotated[int | None, Query(ge=1, le=10_000, description="all services without it")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="services to leave out first")] = 0,
) -> Response:
    """Every service with its newest readings, worst first, and what is still warming up."""
    # One at a time: after a poll the first has the answer made, and the others take no thread to wait in.
    async with parts.answers.turn:
        return Sending(await asyncio.to_thread(_overview, parts, limit, offset))


def _overview(parts: Parts, limit: int | None, offset: int) -> Ready:
    return parts.answers.overview(parts.incidents.open_counts(), limit, offset)
