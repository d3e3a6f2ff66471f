"""Every error as application/problem+json, with a detail that a person can act on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend.api.schemas.base import Problem
from backend.detection.registry import NothingBefore, RegistryBusy
from backend.incidents.acts import IllegalTransition
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentNotFound
from backend.jobs.backtest import BacktestRunning
from backend.jobs.backtest_request import BacktestRefused
from backend.jobs.training_job import RetrainRunning
from backend.logs.database import LogStoreError
from backend.metrics.history import HistoryError

log = logging.getLogger(__name__)

_MEDIA_TYPE = "application/problem+json"


class ApiError(Exception):
    """What a router answers instead of a result."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


_STATUS: dict[type[Exception], HTTPStatus] = {
    IncidentNotFound: HTTPStatus.NOT_FOUND,
    IllegalTransition: HTTPStatus.CONFLICT,
    RetrainRunning: HTTPStatus.CONFLICT,
    NothingBefore: HTTPStatus.CONFLICT,
    RegistryBusy: HTTPStatus.CONFLICT,
    BacktestRunning: HTTPStatus.CONFLICT,
    BacktestRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    LogStoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    HistoryError: HTTPStatus.SERVICE_UNAVAILABLE,
}


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "model": Problem,
        "description": "What was wrong, for a person to act on",
        "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What OpenAPI says of every call's errors."""


def problem(request: Request, status: int, detail: str, errors: Sequence[Any] | None = None) -> JSONResponse:
    """The answer in the form of RFC 9457."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, media_type=_MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer all errors of ``app`` as problems."""

    async def on_api_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return problem(request, error.status, error.detail)

    async def on_known(request: Request, error: Exception) -> JSONResponse:
        status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
        return problem(request, status, str(error))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        response = problem(request, error.status_code, _in_words(request, error))
        response.headers.update(error.headers or {})
        return response

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        errors = [
            {
                "where": ".".join(str(part) for part in e["loc"]),
                "message": e["msg"].removeprefix("Value error, "),
            }
            for e in error.errors()
        ]
        detail = "; ".join(f"{e['where']}: {e['message']}" for e in errors)
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors)

    async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        detail = (
            "Canopy made a mistake; its log says more. Whether the request changed anything is not known: "
            "look before you send it again."
        )
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail)

    app.add_exception_handler(ApiError, on_api_error)
    for kind in _STATUS:
        app.add_exception_handler(kind, on_known)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_unexpected)


def _in_words(request: Request, error: HTTPException) -> str:
    """What the framework says of a path or method that there is not, as something to act on."""
    path = request.url.path[:100]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {path}; /openapi.json lists the calls that there are"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "another method")
        return f"{path} does not take {request.method}; it takes {allowed}"
    return str(error.detail)
