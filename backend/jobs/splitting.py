"""Asks one metric whole, and in parts while that is more than Prometheus allows one query."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NoReturn

from backend.metrics.catalogue import MetricSpec
from backend.metrics.instant import InstantAnswer
from backend.metrics.parts import divided, labels
from backend.metrics.prometheus import PrometheusClient, PrometheusGaveUp, PrometheusOverLimit

log = logging.getLogger(__name__)

MOST_PARTS = 64
"""Queries for one metric in one poll."""
WHOLE_AFTER = 600.0
"""Seconds after which a metric that is asked in parts is tried whole again."""
_VALUES_WINDOW = 3600.0
"""Seconds for which Prometheus is asked for the values of a label; others are in the last part."""


@dataclass
class _Parts:
    queries: list[str]
    whole_at: float


class Splitting:
    """Remembers which metrics need parts, and how many; used by one thread."""

    def __init__(self, prometheus: PrometheusClient) -> None:
        self._prometheus = prometheus
        self._parts: dict[str, _Parts] = {}

    def ask(self, spec: MetricSpec, at: float) -> InstantAnswer:
        """The metric at one grid time. Raises PrometheusError, which says why parts did not help.

        Too many samples are found out at once, and the metric is asked in more parts in the same poll. What
        Prometheus gave up has taken the poll's time: the next poll asks in more parts, unless it was only the
        whole query tried again.
        """
        known = self._parts.get(spec.key)
        queries = [spec.query] if known is None or at >= known.whole_at else known.queries
        while True:
            try:
                answer = self._prometheus.instant_parts(queries, at)
            except PrometheusOverLimit as error:
                queries = self._more(spec, queries, at, error)
            except PrometheusGaveUp as error:
                queries = self._more(spec, queries, at, error)
                if known is None or queries is not known.queries:
                    self._note(spec.key, queries, at)
                    _fail(error, f"the next poll asks in {len(queries)} parts")
            else:
                self._note(spec.key, queries, at)
                return answer

    def _more(
        self, spec: MetricSpec, queries: list[str], at: float, error: PrometheusOverLimit | PrometheusGaveUp
    ) -> list[str]:
        """The same in more parts; raises ``error`` where there are none."""
        known = self._parts.get(spec.key)
        if known is not None and len(known.queries) > len(queries):
            return known.queries
        if not spec.template:
            _fail(error, "the metric's query has no $part, so it cannot be asked in parts")
        since = at - _VALUES_WINDOW
        values = {label: self._prometheus.label_values(label, since, at) for label in labels(spec.template)}
        more = divided(spec.template, values, min(2 * len(queries), MOST_PARTS))
        if len(more) == 1:
            named = " and ".join(sorted(values))
            _fail(error, f"it cannot be asked in parts: Prometheus knows no two values of {named}")
        if len(more) <= len(queries):
            _fail(error, f"it was asked in {len(queries)} parts, and cannot be in more")
        return more

    def _note(self, metric: str, queries: list[str], at: float) -> None:
        """Remember how the metric is asked from now on."""
        known = self._parts.get(metric)
        if len(queries) == 1:
            if self._parts.pop(metric, None) is not None:
                log.info("%s is asked with one query again", metric)
        elif known is None or known.queries is not queries:
            self._parts[metric] = _Parts(queries, at + WHOLE_AFTER)
            log.info("%s is asked in %d parts: it is too much for one query", metric, len(queries))
        elif at >= known.whole_at:
            known.whole_at = at + WHOLE_AFTER


def _fail(error: PrometheusOverLimit | PrometheusGaveUp, why: str) -> NoReturn:
    raise type(error)(f"{error.detail}; {why}") from error
