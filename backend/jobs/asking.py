"""Asks Prometheus all that one poll wants to know; a query that fails costs the others nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.jobs.splitting import Splitting
from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusError,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import SeriesKey

_LIST_EVERY = 60.0
"""Seconds between two questions for the services' names."""
_LIST_WINDOW = 3600.0
"""Seconds for which Prometheus is asked to list a name after its last sample."""


@dataclass
class Answers:
    """What Prometheus said at one grid time.

    Metrics that answered (maybe with nothing), pairs with a usable value, pairs without one and why, metrics
    that failed and why. ``services`` is None where the names were not asked for, or not told.
    """

    answered: set[str] = field(default_factory=set)
    values: dict[SeriesKey, float] = field(default_factory=dict)
    rejected: dict[SeriesKey, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    services: list[str] | None = None


class Questions:
    """One query a metric for all services, or a few (see `Splitting`), and now and then the services' names.

    Used by one thread.
    """

    def __init__(self, catalogue: Mapping[str, MetricSpec], prometheus: PrometheusClient) -> None:
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._splitting = Splitting(prometheus)
        self._order = list(catalogue)
        self._known: dict[str, tuple[list[str], list[SeriesKey]]] = {}
        self._listed_at: float | None = None
        self.unlisted = ""
        """Why the names could not be had when they were last asked for; empty if they could."""

    def ask(self, at: float) -> Answers:
        """Ask at one grid time (seconds since the epoch); never raises PrometheusError."""
        answers = Answers()
        try:
            for metric in tuple(self._order):
                self._ask_one(answers, metric, at)
        except (PrometheusUnreachable, PrometheusTimeout) as error:
            # The queries not yet sent would only wait for the same silence.
            unasked = self._catalogue.keys() - answers.answered - answers.failed.keys()
            answers.failed |= dict.fromkeys(unasked, str(error))
        else:
            self._ask_names(answers, at)
        return answers

    def label_names(self) -> list[str]:
        """The labels that Prometheus knows. Raises PrometheusError."""
        return self._prometheus.label_names()

    def _ask_one(self, answers: Answers, metric: str, at: float) -> None:
        try:
            answer = self._splitting.ask(self._catalogue[metric], at)
        except (PrometheusUnreachable, PrometheusTimeout):
            # The next poll asks the others first: one query that always hangs must not blind them for good.
            self._order.remove(metric)
            self._order.append(metric)
            raise
        except PrometheusError as error:
            answers.failed[metric] = str(error)
            return
        answers.answered.add(metric)
        answers.values.update(zip(self._pairs(metric, answer.services), answer.values.tolist(), strict=True))
        for service, reason in answer.rejected.items():
            if service:
                answers.rejected[SeriesKey(service, metric)] = reason
            else:
                answers.warnings.append(f"{metric}: {reason}")
        answers.warnings += [f"{metric}: partial answer: {warning}" for warning in answer.warnings]

    def _pairs(self, metric: str, services: list[str]) -> list[SeriesKey]:
        """The pairs of a metric, the last poll's own where the services are the same.

        Making ten thousand anew costs as much as decoding their values, and looking those up twice as much.
        """
        known, pairs = self._known.get(metric, ([], []))
        if known != services:
            pairs = [SeriesKey(service, metric) for service in services]
            self._known[metric] = services, pairs
        return pairs

    def _ask_names(self, answers: Answers, at: float) -> None:
        """Last, for the metrics' own answers name services too."""
        if self._listed_at is not None and 0 <= at - self._listed_at < _LIST_EVERY:
            return
        try:
            answers.services = self._prometheus.services(at - _LIST_WINDOW, at)
            self.unlisted = ""
        except PrometheusError as error:
            self.unlisted = str(error)
        # Where nothing was answered at all, the names are asked for as soon as something is.
        self._listed_at = at if answers.answered or not self.unlisted else None
