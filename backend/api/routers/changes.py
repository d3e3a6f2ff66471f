"""What changed here: a range of time held against the window before, over metrics, logs and incidents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.changes import Changes, MetricChange, NotCompared
from backend.api.schemas.incidents import IncidentSummary
from backend.api.schemas.readings import Span
from backend.api.times import parse_time
from backend.api.views import require_service
from backend.api.wire import annotation, log_template
from backend.incidents.queries import IncidentQuery
from backend.logs.news import NOTABLE, range_news
from backend.logs.queries import LogFilter
from backend.metrics.cards import Marker
from backend.metrics.quantity import duration
from backend.metrics.readings import SeriesKey
from backend.metrics.shift import FEWEST_BEFORE, Shift, shift

router = APIRouter(tags=["services"])

_SHORTEST_BEFORE = 600.0
"""Seconds of the window before at least: a short range needs something to be held against."""
_LONGEST = 7 * 86400.0
_MOST_READINGS = 2_000_000
"""Readings that one answer may look at on other services: about two seconds' work."""
_OTHERS_SHOWN = 10
_TEMPLATES_SHOWN = 20
_INCIDENTS_SHOWN = 20
_HAPPENED_SHOWN = 20

_Found = list[tuple[SeriesKey, Shift]]


@router.get("/changes")
def changes(
    parts: PartsDep,
    service: str,
    start: Annotated[str, Query(description="RFC 3339")],
    end: Annotated[str, Query(description="RFC 3339")],
) -> Changes:
    """All metrics ranked by how far they moved, what the logs say that they did not before, incidents."""
    first, last = parse_time("start", start), parse_time("end", end)
    _check(first, last, parts.clock.now())
    keys = parts.history.keys()
    own = [key for key in keys if key.service == service and key.metric in parts.catalogue]
    if not own:
        require_service(parts, service)
    since = max(0.0, first - max(last - first, _SHORTEST_BEFORE))
    moved = _moved(parts, own, since, first, last)
    others = [key for key in keys if key.service != service and key.metric in parts.catalogue]
    too_many = _too_many(parts, len(others), last - since)
    moved_others = [] if too_many else _moved(parts, others, since, first, last)
    news = range_news(parts.log_store, LogFilter((service,), first, last))
    compared = {key for key, _ in moved}
    return Changes(
        service=service,
        range=Span(start=first, end=last),
        compared_with=Span(start=since, end=first),
        metrics=[_change(parts, *each) for each in moved],
        others=[_change(parts, *each) for each in moved_others if each[1].notable][:_OTHERS_SHOWN],
        others_compared=len(moved_others),
        others_skipped=too_many,
        not_compared=[
            NotCompared(service=key.service, metric=key.metric, reason=_TOO_FEW)
            for key in own
            if key not in compared
        ],
        templates=[log_template(each) for each in news.items if each.rank >= NOTABLE][:_TEMPLATES_SHOWN],
        templates_truncated=news.truncated,
        happened=[annotation(each) for each in reversed(_markers(parts, first, last))],
        incidents=_incidents(parts, first, last),
    )


_TOO_FEW = f"no reading in the range, or fewer than {FEWEST_BEFORE} in the window before it"


def _check(first: float, last: float, now: float) -> None:
    problem = ""
    if first >= last:
        problem = "start does not lie before end; swap them"
    elif last - first > _LONGEST:
        problem = f"the range is {duration(last - first)} long; allowed: up to {duration(_LONGEST)}"
    elif first > now:
        problem = "start lies in the future; allowed: up to now"
    if problem:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, problem)


def _too_many(parts: Parts, pairs: int, seconds: float) -> str:
    readings = round(pairs * seconds / parts.settings.poll.interval)
    if readings <= _MOST_READINGS:
        return ""
    return f"a shorter range compares the other services, too: {readings:,} readings would have to be read"


def _moved(parts: Parts, keys: Iterable[SeriesKey], since: float, first: float, last: float) -> _Found:
    """The pairs with enough readings, the greatest change first."""
    found = []
    for key in keys:
        rows = parts.history.columns(key, since, last)
        before = rows.timestamps < first
        moved = shift(rows.values[before], rows.timestamps[~before], rows.values[~before])
        if moved is not None:
            found.append((key, moved))
    return sorted(found, key=lambda each: (-each[1].score, each[0]))


def _change(parts: Parts, key: SeriesKey, moved: Shift) -> MetricChange:
    spec = parts.catalogue[key.metric]
    distance = moved.extreme - moved.usual
    return MetricChange(
        service=key.service,
        metric=key.metric,
        title=spec.title,
        unit=spec.unit,
        score=moved.score if math.isfinite(moved.score) else None,
        notable=moved.notable,
        direction="up" if distance > 0 else "down" if distance < 0 else "none",
        usual=moved.usual,
        spread=moved.spread,
        extreme=moved.extreme,
        extreme_at=moved.at,
        readings_before=moved.before,
        readings=moved.during,
        query=spec.query,
    )


def _markers(parts: Parts, first: float, last: float) -> Sequence[Marker]:
    """The newest that happened in the range, to any service, oldest first."""
    return parts.incidents.markers(first, last, None, _HAPPENED_SHOWN)


def _incidents(parts: Parts, first: float, last: float) -> list[IncidentSummary]:
    """The newest that fired in the range, on any service."""
    query = IncidentQuery(start=first, end=last, sort="-opened_at", limit=_INCIDENTS_SHOWN)
    return [IncidentSummary.model_validate(each) for each in parts.incidents.list(query).items]
