"""From backtests and previews to the wire's form of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from backend.api.schemas import backtests as wire
from backend.api.schemas.readings import Span
from backend.api.schemas.sensitivity import SensitivityPreview
from backend.jobs.backtest_result import Backtest, PairResult
from backend.jobs.sensitivity import Preview
from backend.metrics.catalogue import MetricSpec


def backtest(found: Backtest) -> wire.Backtest:
    """How far it is, and the sums."""
    request = found.request
    asked = {name: getattr(request, name) for name in ("service", "metric", "start", "end")}
    own = {name: getattr(found, name) for name in wire.Backtest.model_fields if name not in asked}
    return wire.Backtest.model_validate(asked | own)


def pair(result: PairResult, spec: MetricSpec) -> wire.BacktestPair:
    """One pair without its chart."""
    titled = {"metric_title": spec.title, "unit": spec.unit}
    own = {name: getattr(result, name) for name in wire.BacktestPair.model_fields if name not in titled}
    return wire.BacktestPair.model_validate(titled | own)


def series(result: PairResult, spec: MetricSpec) -> wire.BacktestSeries:
    """One pair's chart."""
    chart = result.chart
    asked = [None] * len(chart.values) if chart.asked_scores is None else chart.asked_scores.tolist()
    rows = zip(chart.timestamps.tolist(), chart.values.tolist(), chart.scores.tolist(), asked, strict=True)
    return wire.BacktestSeries(
        service=result.service,
        metric=result.metric,
        metric_title=spec.title,
        unit=spec.unit,
        high=spec.high,
        critical=spec.critical,
        direction=spec.direction,
        threshold=result.threshold,
        asked_threshold=result.asked_threshold,
        total=result.readings,
        downsampled=len(chart.values) < result.readings,
        points=[
            wire.BacktestPoint(timestamp=t, value=v, score=_known(s), asked_score=_known(a))
            for t, v, s, a in rows
        ],
        gaps=[Span.model_validate(gap) for gap in chart.gaps],
        incidents=[wire.WouldFire.model_validate(one) for one in result.incidents],
        real=[wire.RealIncident.model_validate(one) for one in result.real],
    )


def report(found: Backtest, catalogue: Mapping[str, MetricSpec]) -> dict[str, object]:
    """Everything but the charts, as JSON: what ``canopy backtest --json`` prints."""
    pairs = [pair(result, catalogue[result.metric]).model_dump(mode="json") for result in found.results]
    return backtest(found).model_dump(mode="json") | {"pairs": pairs}


def preview(found: Preview, spec: MetricSpec) -> SensitivityPreview:
    """What a sensitivity would have done."""
    own = {name: getattr(found, name) for name in Preview.__slots__}
    return SensitivityPreview.model_validate({"metric": spec.key, "title": spec.title} | own)


def _known(score: float | None) -> float | None:
    return None if score is None or math.isnan(score) else score
