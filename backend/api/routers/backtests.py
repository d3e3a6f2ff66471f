"""Backtests: begin one, see how far it is, and what would have fired."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.api import backtest_wire
from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.backtests import (
    Backtest,
    BacktestBody,
    BacktestList,
    BacktestPairs,
    BacktestSeries,
)
from backend.api.times import parse_moment
from backend.jobs import backtest_result
from backend.jobs.backtest_request import BacktestRequest
from backend.metrics.readings import SeriesKey

router = APIRouter(prefix="/backtests", tags=["backtests"])


@router.post("", status_code=HTTPStatus.ACCEPTED)
def begin(parts: PartsDep, response: Response, body: BacktestBody) -> Backtest:
    """Replay a range of the past through the live path; 409 while another one goes on."""
    now = parts.clock.now()
    request = BacktestRequest(
        start=parse_moment("start", body.start, now),
        end=now if body.end is None else parse_moment("end", body.end, now),
        service=body.service,
        metric=body.metric,
        sensitivity=body.sensitivity,
        policy=body.policy,
        detector=body.detector,
    )
    begun = parts.backtester.start(request)
    response.headers["Location"] = f"/backtests/{begun.id}"
    return backtest_wire.backtest(begun)


@router.get("")
def backtests(parts: PartsDep) -> BacktestList:
    """Those since the last start, newest first; the last few are kept."""
    return BacktestList(items=[backtest_wire.backtest(one) for one in parts.backtester.newest_first()])


@router.get("/{backtest_id}")
def backtest(parts: PartsDep, backtest_id: str) -> Backtest:
    """How far it is, and once it is done the sums."""
    return backtest_wire.backtest(_require(parts, backtest_id))


@router.post("/{backtest_id}/cancel", status_code=HTTPStatus.ACCEPTED)
def cancel(parts: PartsDep, backtest_id: str) -> Backtest:
    """Ask it to end; its results are left out. One that has ended stays as it is."""
    _require(parts, backtest_id)
    return backtest_wire.backtest(parts.backtester.cancel(backtest_id) or _require(parts, backtest_id))


@router.get("/{backtest_id}/pairs")
def pairs(
    parts: PartsDep,
    backtest_id: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> BacktestPairs:
    """What would have fired, pair by pair, those with the most incidents first; 409 until it is done."""
    results = _done(parts, backtest_id).results
    after = offset + limit
    return BacktestPairs(
        items=[backtest_wire.pair(one, parts.catalogue[one.metric]) for one in results[offset:after]],
        total=len(results),
        next_offset=after if after < len(results) else None,
    )


@router.get("/{backtest_id}/series")
def series(parts: PartsDep, backtest_id: str, service: str, metric: str) -> BacktestSeries:
    """One pair's chart: its readings with their scores, and what would have fired."""
    found = _done(parts, backtest_id).result(SeriesKey(service, metric))
    if found is None:
        raise ApiError(
            HTTPStatus.NOT_FOUND, f"the backtest has no reading of {metric[:100]!r} on {service[:100]!r}"
        )
    return backtest_wire.series(found, parts.catalogue[metric])


def _require(parts: Parts, backtest_id: str) -> backtest_result.Backtest:
    found = parts.backtester.get(backtest_id)
    if found is None:
        raise ApiError(
            HTTPStatus.NOT_FOUND,
            f"there is no backtest {backtest_id[:40]!r}; GET /backtests lists the last ones",
        )
    return found


def _done(parts: Parts, backtest_id: str) -> backtest_result.Backtest:
    found = _require(parts, backtest_id)
    if found.state != "done":
        why = "is still running" if found.state == "running" else f"{found.state}: {found.detail}"
        raise ApiError(HTTPStatus.CONFLICT, f"backtest {found.id} has no results: {why}")
    return found
