"""What happened to services between two times: restarts, deploys, gaps and the like, for charts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from backend.api.parts import PartsDep
from backend.api.schemas.cards import Annotations
from backend.api.times import parse_range
from backend.api.wire import annotation

router = APIRouter(tags=["services"])

_DEFAULT_RANGE = 86_400.0
_MOST = 1_000


@router.get("/annotations")
def happened(
    parts: PartsDep,
    service: Annotated[str | None, Query(description="one service; all by default")] = None,
    start: Annotated[str | None, Query(description="RFC 3339; a day before end by default")] = None,
    end: Annotated[str | None, Query(description="RFC 3339; now by default")] = None,
) -> Annotations:
    """Restarts, deploys, new instances, counter resets, scrape gaps and clocks that are off, by their time.

    The newest 1,000 of the range. A service that nothing happened to has none.
    """
    now = parts.clock.now()
    first, last = parse_range(start, end, now, _DEFAULT_RANGE)
    found = parts.incidents.markers(first, last, service, _MOST + 1)
    return Annotations(
        start=first,
        end=last,
        items=[annotation(marker) for marker in found[-_MOST:]],
        truncated=len(found) > _MOST,
    )
