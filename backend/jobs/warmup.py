"""How far each pair is from its first model, and the training that starts once it has enough samples."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.detection.registry import ModelRegistry
from backend.jobs.live import CycleReport
from backend.jobs.retrain import Retrainer, RetrainRunning, TrainingJob
from backend.metrics.readings import SeriesKey


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
        self._have: dict[SeriesKey, int] = {}
        self._failed: dict[SeriesKey, str] = {}

    def stored(self, counts: Mapping[SeriesKey, int]) -> None:
        """Take the stored samples of pairs that were loaded anew."""
        with self._lock:
            self._have.update(counts)

    def after_poll(self, report: CycleReport) -> None:
        """Count this poll's samples, and train the pairs that now have enough."""
        models = self._registry.current
        with self._lock:
            for key, reading in report.readings.items():
                if reading.value is not None:
                    self._have[key] = self._have.get(key, 0) + 1
            due = [
                key
                for key in report.readings
                if key not in models.models
                and (key not in models.refused or key in models.outdated)
                and key not in self._failed
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
        count. It is tried again once it has as many more as were missing.
        """
        if job.state == "running":
            return
        with self._lock:
            self._have.update(
                {SeriesKey(p.service, p.metric): p.have for p in job.skipped if p.have is not None}
            )
            self._failed = {SeriesKey(p.service, p.metric): p.reason for p in job.failed}

    def failures(self) -> dict[SeriesKey, str]:
        """Pairs whose last training failed, and why."""
        with self._lock:
            return dict(self._failed)

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
