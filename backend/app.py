"""The HTTP application: routers, middleware and the built UI around the running parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from backend import __version__
from backend.api import errors, ui
from backend.api.foreign import RefuseForeignWrites
from backend.api.parts import Parts
from backend.api.routers import (
    artefacts,
    backtests,
    changes,
    health,
    history,
    incidents,
    log_lines,
    logs,
    models,
    sensitivity,
    services,
    stream,
)
from backend.api.shortcut import ReadyMetrics
from backend.metrics.catalogue import build_catalogue
from backend.settings import Settings, load_settings
from backend.wiring import close_all, open_all

UI_FOLDER = Path(__file__).parent.parent / "frontend" / "dist"
_ROUTERS = (
    services,
    history,
    changes,
    artefacts,
    logs,
    log_lines,
    incidents,
    models,
    sensitivity,
    backtests,
    stream,
    health,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without ``settings``, config.yaml and the environment are read.

    Nothing is opened before the server starts. Raises SettingsError.
    """
    settings = settings or load_settings()
    catalogue = build_catalogue(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as opening:
            parts, jobs = open_all(opening, settings, catalogue)
            stack = opening.pop_all()
        app.state.parts = parts
        parts.broadcast.attach(asyncio.get_running_loop())
        try:
            jobs.start()
            yield
        finally:
            parts.broadcast.close()
            await asyncio.to_thread(close_all, stack, jobs)

    app = FastAPI(
        title="Canopy",
        version=__version__,
        description="AIOps control plane that reads an existing Prometheus.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.add_middleware(RefuseForeignWrites)
    app.add_middleware(ReadyMetrics)
    for module in _ROUTERS:
        app.include_router(module.router, responses=errors.RESPONSES)
        app.include_router(module.router, prefix="/api/v1", include_in_schema=False)
    app.include_router(ui.router(UI_FOLDER))
    app.add_api_route("/", lambda: RedirectResponse("/ui/"), include_in_schema=False)
    return app


def end_streams(app: FastAPI) -> None:
    """End the open event streams, so that a server that is to stop does not wait for them.

    Safe in a signal handler, and before the start.
    """
    parts: Parts | None = getattr(app.state, "parts", None)
    if parts is not None:
        parts.broadcast.close()
