"""Sends a service's newest readings past the framework, which costs more than the answer."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.api.parts import Parts
from backend.api.ready import Ready

_PATHS = frozenset(("/metrics", "/api/v1/metrics"))


class ReadyMetrics:
    """Answers ``GET /metrics?service=`` where there is such a service; all else goes on to the routers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ready = _ready(scope)
        await (ready or self._app)(scope, receive, send)


def _ready(scope: Scope) -> Ready | None:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in _PATHS:
        return None
    service = QueryParams(scope["query_string"]).get("service")
    parts: Parts = scope["app"].state.parts
    report = parts.live.report
    if service is None or report is None or service not in report.by_service:
        return None
    return parts.answers.service(report, service)
