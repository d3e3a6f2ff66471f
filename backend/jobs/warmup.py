"""How far each pair is from its first model, and the training that starts once it has enough samples."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.detection.registry import ModelRegistry
from backend.jobs.health import DependencyStatus
from backend.jobs.live import CycleReport
from backend.jobs.retrain import Retrainer
from backend.jobs.training_job import RetrainRunning, TrainingJob
from backend.metrics.readings import SeriesKey

RETRY_SECONDS = 600.0
"""How long a pair whose training failed, or brought nothing new, is left alone."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Samples a pair has and needs; ``eta`` in seconds since the epoch, None while no samples come in."""

    have: int
    need: int
    eta: float | None


class WarmUp:
    """Counts the stored samples of the pairs that have no model; the poll thread writes, any thread reads."""

    def __init__(
        self, *, interval: float, min_samples: int, registry: ModelRegistry, retrainer: Retrainer
    ) -> None:
        self._interval = interval
        self._need = min_samples
        self._registry = registry
        self._retrainer = retrainer
        self._lock = threading.Lock()
        self._have: Counter[SeriesKey] = Counter()
        self._usable: dict[SeriesKey, int] = {}
        self._failed: dict[SeriesKey, str] = {}
        self._not_before: dict[SeriesKey, float] = {}

    def stored(self, counts: Mapping[SeriesKey, int | None]) -> None:
        """Take the stored samples of pairs that were loaded anew; None where they were not counted."""
        with self._lock:
            for key, count in counts.items():
                if count is not None:
                    self._have[key] = count

    def after_poll(self, report: CycleReport) -> None:
        """Count this poll's samples, and train the pairs that now have enough."""
        models = self._registry.current
        with self._lock:
            self._have.update([key for key, reading in report.readings.items() if reading.value is not None])
            # A pair that is gone is forgotten: it is loaded anew where it comes back.
            for kept in (self._have, self._usable, self._failed, self._not_before):
                for gone in kept.keys() - report.readings.keys():
                    del kept[gone]
            due = [
                key
                for key in report.readings.keys() - models.models.keys()
                if (key not in models.refused or key in models.outdated)
                and report.timestamp >= self._not_before.get(key, 0.0)
                and self._have.get(key, 0) >= self._need
            ]
        if due and not self._retrainer.running():
            try:
                self._retrainer.start("start", due)
            except RetrainRunning:
                return  # one was started by hand just now; what is due stays due

    def trained(self, job: TrainingJob) -> None:
        """Learn from a job that ended.

        A pair that was skipped has fewer usable samples than it has stored: those of an incident do not
        count. It is tried again once it has as many more as were missing; if that brought no usable one,
        after RETRY_SECONDS at the earliest. So is a pair whose training failed.
        """
        if job.state not in ("done", "failed"):
            return
        later = (job.finished_at or job.started_at) + RETRY_SECONDS
        failed = {SeriesKey(p.service, p.metric): p.reason for p in job.failed}
        skipped = {SeriesKey(p.service, p.metric): p.have for p in job.skipped if p.have is not None}
        if job.state == "failed":
            failed = {key: job.detail for key in job.pairs if key not in skipped} | failed
        with self._lock:
            for key in job.pairs:
                self._failed.pop(key, None)
                self._not_before.pop(key, None)
            fruitless = [key for key, have in skipped.items() if have <= self._usable.get(key, -1)]
            self._not_before.update(dict.fromkeys((*failed, *fruitless), later))
            self._failed.update(failed)
            for key, count in skipped.items():
                self._have[key] = count
            self._usable.update(skipped)

    def failures(self) -> dict[SeriesKey, str]:
        """Pairs whose last training failed, and why."""
        with self._lock:
            return dict(self._failed)

    def health(self) -> tuple[DependencyStatus, str]:
        """Whether the pairs' last trainings worked, for the health board."""
        failures = self.failures()
        if not failures:
            return DependencyStatus.OK, ""
        key, reason = next(iter(failures.items()))
        which = f"{len(failures)} models could not be trained, {key.metric} of {key.service} first"
        return DependencyStatus.DEGRADED, f"{which}: {reason}"

    def progress(self, key: SeriesKey, report: CycleReport | None) -> Progress:
        """Where the pair stands, as of the newest poll."""
        with self._lock:
            have = self._have.get(key, 0)
        reading = report.readings.get(key) if report else None
        if report is None or reading is None or reading.value is None:
            return Progress(have, self._need, None)
        return Progress(have, self._need, report.timestamp + max(0, self._need - have) * self._interval)

    def slowest(self, keys: Iterable[SeriesKey], report: CycleReport | None) -> Progress | None:
        """The progress of the pair that has furthest to go, of those whose samples come in."""
        all_progress = [self.progress(key, report) for key in keys]
        waiting = [progress for progress in all_progress if progress.eta is not None] or all_progress
        return min(waiting, key=lambda progress: progress.have, default=None)
