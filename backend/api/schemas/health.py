"""What Canopy says of its own state."""

from __future__ import annotations

from typing import Literal

from backend.api.schemas.base import Time, Wire


class DependencyState(Wire):
    state: Literal["ok", "degraded", "down", "starting"]
    detail: str
    since: Time | None


class Ready(Wire):
    ready: bool
    dependencies: dict[str, DependencyState]


class Health(Wire):
    status: Literal["ok"]
    version: str
