"""What every schema of the wire is made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from backend.clock import to_rfc3339

Time = Annotated[
    float,
    PlainSerializer(to_rfc3339, return_type=str),
    Field(description="RFC 3339, UTC", json_schema_extra={"type": "string", "format": "date-time"}),
]


class Wire(BaseModel):
    """Built from our own objects, never from input: attributes are read as they are."""

    model_config = ConfigDict(from_attributes=True)


class Problem(Wire):
    """application/problem+json (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, Any]] | None = None
