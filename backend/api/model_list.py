"""Which models a list shows: filtered, counted, sorted and cut to a page before any of it is put in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter

from backend.api.parts import Parts
from backend.api.schemas.models import ModelSort, ModelState, ModelStatus
from backend.api.schemas.readings import Expected
from backend.detection.detector import Standing
from backend.detection.registry import ModelSet
from backend.jobs.live import CycleReport
from backend.metrics.readings import SeriesKey

_RANKS: Mapping[ModelState, int] = {"failed": 0, "warming_up": 2, "ready": 3}
_WANTS_A_LOOK = 1
"""Where a model that serves stands if it may not be what it should be: before those that still learn."""

_SORTED_BY_STANDING = ("state", "alert_rate")
"""What all pairs are asked for, not those of the page alone."""

_ROW = TypeAdapter(ModelStatus)


@dataclass(frozen=True, slots=True)
class ModelQuery:
    """What to list: of any of the services, metrics and states named (none named: all), with every word."""

    services: Sequence[str] = ()
    metrics: Sequence[str] = ()
    states: Sequence[ModelState] = ()
    q: str = ""
    sort: ModelSort = "service"
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class _View:
    """All that a list is made of, as of one moment."""

    parts: Parts
    report: CycleReport | None
    served: ModelSet
    failures: Mapping[SeriesKey, str]
    standings: Mapping[SeriesKey, Standing] = field(default_factory=dict)

    def state(self, key: SeriesKey) -> ModelState:
        if key in self.served.models:
            return "ready"
        return "failed" if key in self.served.refused or key in self.failures else "warming_up"

    def have(self, key: SeriesKey) -> int:
        """Samples that its model was trained on, or that there are for its first one."""
        info = self.served.models.get(key)
        return info.samples if info else self.parts.warmup.progress(key, self.report).have

    def rank(self, key: SeriesKey) -> int:
        """What needs a person first, as a number that is lower."""
        info = self.served.models.get(key)
        if info is None:
            return _RANKS[self.state(key)]
        standing = self.standings.get(key)
        doubtful = info.candidate or info.held or (standing is not None and standing.alarming)
        return _WANTS_A_LOOK if doubtful else _RANKS["ready"]


def model_list(parts: Parts, query: ModelQuery) -> bytes:
    """A ModelList as JSON."""
    report = parts.live.report
    view = _View(parts, report, parts.registry.current, parts.warmup.failures())
    fitting = [
        key
        for key in (report.readings if report else ())
        if _fits(key, query, parts.catalogue[key.metric].title)
    ]
    counts = Counter(view.state(key) for key in fitting)
    if query.states:
        fitting = [key for key in fitting if view.state(key) in query.states]
    total = len(fitting)
    column = query.sort.removeprefix("-")
    if column in _SORTED_BY_STANDING:
        view = replace(view, standings=parts.detector.standings(fitting, view.served))
    fitting.sort()
    fitting.sort(key=_order(view, column), reverse=query.sort.startswith("-"))
    end = None if query.limit is None else query.offset + query.limit
    page = fitting[query.offset : end]
    if column not in _SORTED_BY_STANDING:
        view = replace(view, standings=parts.detector.standings(page, view.served))
    # Row by row: in one go the schema would keep the event loop waiting for as long as all of it takes.
    rows = b",".join(_ROW.dump_json(_status(view, key)) for key in page)
    head = orjson.dumps({"total": total, "states": {s: counts[s] for s in get_args(ModelState)}})
    return b'{"items":[%s],%s' % (rows, head[1:])


def _fits(key: SeriesKey, query: ModelQuery, title: str) -> bool:
    if query.services and key.service not in query.services:
        return False
    if query.metrics and key.metric not in query.metrics:
        return False
    if not query.q:
        return True
    name = f"{key.service} {key.metric} {title}".lower()
    return all(word in name for word in query.q.lower().split())


def _order(view: _View, column: str) -> Callable[[SeriesKey], Any]:
    """The key of a sort; what has no such figure counts as the least."""
    models = view.served.models

    def trained(key: SeriesKey) -> float:
        return models[key].trained_at if key in models else 0.0

    def alert_rate(key: SeriesKey) -> float:
        standing = view.standings.get(key)
        rate = standing.alert_rate if standing else None
        return -1.0 if rate is None else rate

    orders: dict[str, Callable[[SeriesKey], Any]] = {
        "service": lambda key: key,
        "metric": lambda key: (view.parts.catalogue[key.metric].title.lower(), key.metric),
        "state": view.rank,
        "trained_at": trained,
        "samples": view.have,
        "alert_rate": alert_rate,
    }
    return orders[column]


def _status(view: _View, key: SeriesKey) -> ModelStatus:
    parts, served = view.parts, view.served
    info = served.models.get(key)
    progress = parts.warmup.progress(key, view.report)
    failure = view.failures.get(key)
    standing = view.standings.get(key)
    state = view.state(key)
    spec = parts.catalogue[key.metric]
    if state == "ready":
        reason = failure or ""
    elif state == "failed":
        reason = served.refused.get(key) or failure or ""
    else:
        reason = f"{progress.have} of the {progress.need} samples needed"
    return ModelStatus(
        service=key.service,
        metric=key.metric,
        title=spec.title,
        unit=spec.unit,
        state=state,
        reason=reason,
        have=view.have(key),
        need=progress.need,
        eta=progress.eta if state == "warming_up" else None,
        trained_at=info.trained_at if info else None,
        window=parts.settings.training.window,
        samples=info.samples if info else None,
        version=served.generation if info else None,
        usual=Expected(low=info.usual.low, high=info.usual.high) if info else None,
        detector=parts.detector.name,
        learned=standing.learned if standing else None,
        judged=standing.judged if standing else 0,
        alert_rate=standing.alert_rate if standing else None,
        alarming=state == "ready" and standing is not None and standing.alarming,
        changed=info.changed if info else "",
        candidate=info.candidate if info else "",
        held=info.held if info else False,
        before=info.before.trained_at if info and info.before else None,
    )
