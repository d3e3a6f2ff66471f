"""Refuses what another site's page makes a browser send: a link from elsewhere may look, never change."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.api.errors import problem

_LOOKS = ("GET", "HEAD", "OPTIONS")
_FOREIGN = ("cross-site", "same-site")


class RefuseForeignWrites:
    """Answers 403 to a change that a browser says comes from another origin.

    Browsers send passwords along whoever asks them to, and always say who asked (Sec-Fetch-Site); programs
    that are no browsers do not send this header and are let through. Pure ASGI: it holds no stream back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _LOOKS:
            site = Headers(scope=scope).get("sec-fetch-site", "")
            if site.lower() in _FOREIGN:
                detail = f"a page of another site may not change anything here (Sec-Fetch-Site: {site})"
                await problem(Request(scope), HTTPStatus.FORBIDDEN, detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)
