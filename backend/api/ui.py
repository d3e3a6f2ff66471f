"""Serves the built UI under /ui; every path below it that is no file is one of its pages."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Canopy</title>
<h1>The UI is not built yet</h1>
<p>Run <code>npm ci &amp;&amp; npm run build</code> in <code>frontend/</code> (or <code>make run</code>),
then reload this page.
The API works without it: see <a href="/openapi.json">/openapi.json</a>.</p>"""


_WORTH_PACKING = 1024
"""Bytes from which a file is sent packed to who can unpack it."""


def router(folder: Path) -> APIRouter:
    """Routes for the UI built into ``folder``; it may be built while the server runs."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ui")
    def without_slash() -> RedirectResponse:
        return RedirectResponse("/ui/")

    @routes.get("/ui/{path:path}")
    def page(path: str, request: Request) -> Response:
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers=_HEADERS)
        root = folder.resolve()
        wanted = (root / path).resolve()
        if wanted.is_file() and wanted.is_relative_to(root) and wanted.name != "index.html":
            if "assets" in wanted.parts:
                return _asset(wanted, packed="gzip" in request.headers.get("accept-encoding", ""))
            return FileResponse(wanted, headers=_HEADERS | {"Cache-Control": "no-cache"})
        if path.startswith("assets/"):
            return Response("no such file; reload the page, Canopy was updated", status_code=404)
        return FileResponse(index, headers=_HEADERS | {"Cache-Control": "no-cache"})

    return routes


def _asset(path: Path, *, packed: bool) -> Response:
    """A built file. Its name carries a digest: what has the same name has the same content."""
    headers = _HEADERS | {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if not packed or path.stat().st_size < _WORTH_PACKING:
        return FileResponse(path, headers=headers)
    kind = mimetypes.guess_type(path.name)[0]
    return Response(_gzipped(path), media_type=kind, headers=headers | {"Content-Encoding": "gzip"})


@lru_cache(maxsize=128)
def _gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes())
