"""One poll: ask Prometheus, judge every pair's reading, keep it, and tell the rest of Canopy."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from backend.clock import floor_to, to_rfc3339
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.asking import Answers, Questions
from backend.jobs.backfill import Backfill
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.judge import Judge
from backend.jobs.live import CycleReport, Live
from backend.jobs.relearn import Relearn
from backend.jobs.roster import Roster
from backend.jobs.seasons import Seasons
from backend.jobs.threads import PollsFirst
from backend.jobs.triage import Triage
from backend.jobs.warmup import WarmUp
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.prometheus import PrometheusClient, PrometheusError
from backend.metrics.readings import Reading, SeriesKey

log = logging.getLogger(__name__)


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
        recover: Callable[[Collection[SeriesKey], Collection[SeriesKey], float], None] | None,
        judge: Judge,
        watch: ArtefactWatch,
        triage: Triage,
        warmup: WarmUp,
        relearn: Relearn,
        seasons: Seasons,
        live: Live,
        health: HealthBoard,
        publish: Callable[[str, dict[str, Any]], None],
        first: PollsFirst,
    ) -> None:
        """``recover``: brings a detector that remembers readings to the present, see `Recovery.catch_up`.

        ``first``: what stands still while a poll is judged, kept and shown.
        """
        self._interval = interval
        self._catalogue = catalogue
        self._questions = Questions(catalogue, prometheus)
        self._history = history
        self._registry = registry
        self._backfill = backfill
        self._recover = recover
        self._judge = judge
        self._watch = watch
        self._triage = triage
        self._warmup = warmup
        self._relearn = relearn
        self._seasons = seasons
        self._live = live
        self._health = health
        self._publish = publish
        self._first = first
        # Known from before the start, so that a Prometheus that is down leaves no empty screen.
        self._roster = Roster(interval, self._stored_pairs())
        self._last: CycleReport | None = None
        self._complete = False

    def run_once(self, now: float) -> CycleReport:
        """One poll at the newest grid time that is not after ``now`` (seconds since the epoch).

        A grid time whose poll is complete is not polled again: the report is the one it had.
        """
        started = time.perf_counter()
        at = floor_to(now, self._interval)
        if self._last is None:
            self._roster.forget_older(at - self._backfill.window)
        elif self._complete and self._last.timestamp == at:
            return self._last
        self._complete = False
        self._load_new_models()
        answers = self._questions.ask(at)
        self._remember(answers, at)
        if answers.answered:
            self._watch.look(at, self._roster.services)
        loaded = self._backfill.catch_up(answers.values, at)
        self._warmup.stored(loaded)
        # Not before: Prometheus may keep a poll waiting for long, and nobody else has to wait with it.
        with self._first.polling():
            if self._recover is not None:
                self._recover(answers.values.keys(), loaded.keys(), at)
            report = self._judged(answers, at, now, started)
        self._tell_health(answers)
        self._warmup.after_poll(report)
        self._relearn.after_poll()
        self._seasons.after_poll(at)
        self._publish("readings", {"timestamp": to_rfc3339(at), "pairs": len(report.readings)})
        self._last, self._complete = report, not answers.failed
        return report

    def _judged(self, answers: Answers, at: float, now: float, started: float) -> CycleReport:
        """Judge, keep, triage and show a poll's answers."""
        pairs = self._roster.pairs
        readings = self._judge.read(answers.values, answers.rejected, answers.failed, pairs, at)
        readings = self._watch.mark(readings, pairs)
        self._keep(readings)
        self._triage.handle(readings, now)
        report = CycleReport(
            timestamp=at,
            services=self._roster.services,
            readings={reading.key: reading for reading in readings},
            recent=self._judge.recent(pairs),
            seconds=time.perf_counter() - started,
        )
        self._live.report = report
        return report

    def _stored_pairs(self) -> dict[SeriesKey, float]:
        """The catalogue's pairs that have a dataset, and when the newest reading of each was."""
        found = {}
        for key in self._history.keys():
            try:
                last = self._history.last_timestamp(key) if key.metric in self._catalogue else None
            except HistoryError as error:
                log.warning("%s", error)
                continue
            if last is not None:
                found[key] = last
        return found

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

    def _remember(self, answers: Answers, at: float) -> None:
        """Note which services and pairs are there, and forget those that have been gone for long."""
        found = answers.values.keys() | answers.rejected.keys()
        self._judge.forget(self._roster.poll(at, answers.answered, found))
        if answers.services is not None:
            self._roster.take_names(answers.services)

    def _keep(self, readings: list[Reading]) -> None:
        """Append to the datasets before anyone is told: what was shown is on the disk."""
        usable = [reading for reading in readings if reading.value is not None]
        failed = self._history.append(usable, "live")
        self._backfill.kept(failed)
        if failed:
            state = DependencyStatus.DOWN if len(failed) >= len(usable) else DependencyStatus.DEGRADED
            key, unkept = next(iter(failed.items()))
            which = f"{len(failed)} of {len(usable)} pairs cannot be written"
            detail = f"{which}, {key.metric} of {key.service} first: {unkept.reason}"
            self._health.report("datasets", state, detail)
        elif self._history.trouble:
            self._health.report("datasets", DependencyStatus.DEGRADED, self._history.trouble)
        else:
            self._health.report("datasets", DependencyStatus.OK)

    def _tell_health(self, answers: Answers) -> None:
        if answers.failed and len(answers.failed) == len(self._catalogue):
            reasons = "; ".join(sorted(set(answers.failed.values())))
            self._health.report("prometheus", DependencyStatus.DOWN, reasons)
            return
        troubles = self._troubles(answers) or self._emptiness(answers)
        state = DependencyStatus.DEGRADED if troubles else DependencyStatus.OK
        self._health.report("prometheus", state, "; ".join(troubles))

    def _troubles(self, answers: Answers) -> list[str]:
        """What Prometheus did not tell, or not whole."""
        troubles = [f"{', '.join(metrics)}: {reason}" for reason, metrics in _by_reason(answers.failed)]
        if self._questions.unlisted:
            troubles.append(f"the services cannot be listed: {self._questions.unlisted}")
        troubles += answers.warnings
        for reason, metrics in _by_reason(self._backfill.missing):
            troubles.append(f"the past of {', '.join(metrics)} is missing: {reason}")
        return troubles

    def _emptiness(self, answers: Answers) -> list[str]:
        """What is odd about answers that are whole."""
        if not self._roster.services:
            return [self._no_services()]
        if self._roster.pairs and not answers.values:
            return ["Prometheus answers, but has no usable sample of any service; are its targets up?"]
        return []

    def _no_services(self) -> str:
        try:
            names = self._questions.label_names()
        except PrometheusError as error:
            return str(error)
        found = ", ".join(names) if names else "none at all"
        return f"no series carries the service label; labels there are: {found}; set prometheus.service_label"


def _by_reason(reasons: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Each reason with the metrics that have it, sorted."""
    grouped: dict[str, list[str]] = {}
    for metric, reason in sorted(reasons.items()):
        grouped.setdefault(reason, []).append(metric)
    return list(grouped.items())
