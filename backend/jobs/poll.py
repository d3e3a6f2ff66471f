"""One poll: ask Prometheus, judge every pair's reading, keep it, and tell the rest of Canopy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.clock import floor_to, to_rfc3339
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry
from backend.jobs.backfill import Backfill
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.live import CycleReport, Live
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusError,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import Reading, SeriesKey

FORGET_AFTER = 3600.0
"""Seconds after which a service or pair that Prometheus no longer knows is no longer shown."""


@dataclass
class Answers:
    """What Prometheus said at one grid time.

    Pairs with a usable value, pairs without one and why, metrics that failed.
    """

    values: dict[SeriesKey, float] = field(default_factory=dict)
    rejected: dict[SeriesKey, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class PollCycle:
    """Runs polls, one at a time, in a worker thread."""

    def __init__(
        self,
        *,
        interval: float,
        catalogue: Mapping[str, MetricSpec],
        prometheus: PrometheusClient,
        history: HistoryStore,
        registry: ModelRegistry,
        backfill: Backfill,
        judge: Judge,
        triage: Triage,
        warmup: WarmUp,
        live: Live,
        health: HealthBoard,
        publish: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._interval = interval
        self._catalogue = catalogue
        self._prometheus = prometheus
        self._history = history
        self._registry = registry
        self._backfill = backfill
        self._judge = judge
        self._triage = triage
        self._warmup = warmup
        self._live = live
        self._health = health
        self._publish = publish
        self._pairs: dict[SeriesKey, float] = {
            key: last for key in history.keys() if (last := history.last_timestamp(key)) is not None
        }
        # Known from before the start, so that a Prometheus that is down leaves no empty screen.
        self._services: dict[str, float] = {}
        for key, last in self._pairs.items():
            self._services[key.service] = max(last, self._services.get(key.service, last))

    def run_once(self, now: float) -> CycleReport:
        """One poll at the newest grid time that is not after ``now`` (seconds since the epoch)."""
        started = time.perf_counter()
        at = floor_to(now, self._interval)
        self._load_new_models()
        answers = self._ask(at)
        self._remember(answers, at)
        self._warmup.stored(self._backfill.catch_up(answers.values, at))
        readings = self._judge.read(answers.values, answers.rejected, answers.failed, self._pairs, at)
        self._keep(readings)
        self._triage.handle(readings, now)
        report = CycleReport(
            timestamp=at,
            services=tuple(sorted(self._services)),
            readings={reading.key: reading for reading in readings},
            recent=self._judge.recent(self._pairs),
            seconds=time.perf_counter() - started,
        )
        self._live.report = report
        self._tell_health(answers)
        self._warmup.after_poll(report)
        self._publish("readings", {"timestamp": to_rfc3339(at), "pairs": len(readings)})
        return report

    def _load_new_models(self) -> None:
        """Serve what a training by hand has written meanwhile."""
        try:
            self._registry.reload_if_changed()
        except ManifestError as error:
            self._health.report("models", DependencyStatus.DEGRADED, str(error))
            return
        refused = self._registry.current.refused
        if refused:
            detail = f"{len(refused)} models refused, first: {next(iter(refused.values()))}"
            self._health.report("models", DependencyStatus.DEGRADED, detail)
        else:
            self._health.report("models", DependencyStatus.OK)

    def _ask(self, at: float) -> Answers:
        """One query a metric for all services; a metric that fails does not stop the others."""
        answers = Answers()
        try:
            self._services.update(dict.fromkeys(self._prometheus.services(at - FORGET_AFTER, at), at))
            for metric, spec in self._catalogue.items():
                self._ask_one(answers, metric, spec, at)
        except (PrometheusUnreachable, PrometheusTimeout) as error:
            # The queries not yet sent would only wait for the same silence.
            answered = {key.metric for key in answers.values} | set(answers.failed)
            answers.failed |= {metric: str(error) for metric in self._catalogue if metric not in answered}
        except PrometheusError as error:
            answers.failed = dict.fromkeys(self._catalogue, str(error))
        return answers

    def _ask_one(self, answers: Answers, metric: str, spec: MetricSpec, at: float) -> None:
        try:
            answer = self._prometheus.instant(spec.query, at)
        except (PrometheusUnreachable, PrometheusTimeout):
            raise
        except PrometheusError as error:
            answers.failed[metric] = str(error)
            return
        for service, sample in answer.samples.items():
            answers.values[SeriesKey(service, metric)] = sample.value
        for service, reason in answer.rejected.items():
            if service:
                answers.rejected[SeriesKey(service, metric)] = reason
            else:
                answers.warnings.append(f"{metric}: {reason}")
        answers.warnings += [f"{metric}: partial answer: {warning}" for warning in answer.warnings]

    def _tell_health(self, answers: Answers) -> None:
        if answers.failed:
            state = (
                DependencyStatus.DOWN
                if len(answers.failed) == len(self._catalogue)
                else DependencyStatus.DEGRADED
            )
            reasons = sorted(set(answers.failed.values()))
            which = "" if state is DependencyStatus.DOWN else f"{', '.join(sorted(answers.failed))}: "
            self._health.report("prometheus", state, which + "; ".join(reasons))
        elif answers.warnings:
            self._health.report("prometheus", DependencyStatus.DEGRADED, "; ".join(answers.warnings))
        elif not self._services:
            self._health.report("prometheus", DependencyStatus.DEGRADED, self._no_services())
        else:
            self._health.report("prometheus", DependencyStatus.OK)

    def _no_services(self) -> str:
        try:
            names = self._prometheus.label_names()
        except PrometheusError as error:
            return str(error)
        found = ", ".join(names) if names else "none at all"
        return f"no series carries the service label; labels there are: {found}; set prometheus.service_label"

    def _remember(self, answers: Answers, at: float) -> None:
        """Note which services and pairs are there, and forget those that have been gone for long."""
        for key in (*answers.values, *answers.rejected):
            self._pairs[key] = at
            self._services[key.service] = at
        self._services = {s: seen for s, seen in self._services.items() if at - seen < FORGET_AFTER}
        gone = [key for key, seen in self._pairs.items() if at - seen >= FORGET_AFTER]
        for key in gone:
            del self._pairs[key]
        self._judge.forget(gone)

    def _keep(self, readings: list[Reading]) -> None:
        """Append to the datasets before anyone is told: what was shown is on the disk."""
        failed = self._history.append([r for r in readings if r.value is not None], "live")
        if failed:
            key, reason = next(iter(failed.items()))
            which = f"{len(failed)} of {len(readings)} pairs cannot be written"
            detail = f"{which}, {key.metric} of {key.service} first: {reason}"
            self._health.report("datasets", DependencyStatus.DEGRADED, detail)
        else:
            self._health.report("datasets", DependencyStatus.OK)
