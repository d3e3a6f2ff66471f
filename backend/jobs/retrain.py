"""Training as a job: one at a time, in its own thread, with its progress told as it goes."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.clock import Clock, to_rfc3339
from backend.detection.detector import Detector, Series, Trainer
from backend.detection.manifest import ManifestError
from backend.detection.promotion import Comparison, changes, why_not
from backend.detection.registry import ModelRegistry, ModelSet, RegistryBusy
from backend.detection.training import NotEnoughSamples, TrainedModel
from backend.incidents.schema import StoreError
from backend.jobs.learning import Learning
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.readings import SeriesKey, Verdict
from backend.settings import Settings

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
Older = Mapping[SeriesKey, tuple[FloatArray, FloatArray]]
AskOlder = Callable[[Sequence[SeriesKey], float], Older]

Trigger = Literal["start", "schedule", "api", "command", "resolved", "seasons"]
_KEPT_JOBS = 50
_COMPARED = 86400.0
"""Seconds of recent readings on which a new model is held against what was said of them live."""
_GROUP = 256
"""Pairs whose earlier weeks are held in memory at a time."""
_TELL_EVERY = 0.2
"""Seconds between two tellings of progress: ten thousand pairs are no reason for ten thousand events."""


class PairProblem(NamedTuple):
    """A pair that got no new model, and why; ``have``: the usable samples of one that has too few."""

    service: str
    metric: str
    reason: str
    have: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A training run as it stands; replaced, never changed. Times in seconds since the epoch.

    ``held_back``: pairs whose new model would judge too differently from the present one, which stays;
    ``force`` takes them all the same.
    """

    id: str
    trigger: Trigger
    started_at: float
    pairs: tuple[SeriesKey, ...] = ()
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    finished_at: float | None = None
    done: int = 0
    trained: int = 0
    skipped: tuple[PairProblem, ...] = ()
    failed: tuple[PairProblem, ...] = ()
    held_back: tuple[PairProblem, ...] = ()
    detail: str = ""
    force: bool = False

    @property
    def total(self) -> int:
        """How many pairs the run is for."""
        return len(self.pairs)


class RetrainRunning(Exception):
    """A training run is going on; ``job`` is that one."""

    def __init__(self, job: TrainingJob) -> None:
        super().__init__(
            f"training run {job.id} has been going on since {to_rfc3339(job.started_at)} "
            f"({job.done} of {job.total} pairs); wait for it to end"
        )
        self.job = job


class Retrainer:
    """Trains pairs from their stored readings and puts the new generation into service."""

    def __init__(
        self,
        settings: Settings,
        history: HistoryStore,
        registry: ModelRegistry,
        detector: Detector,
        learning: Learning,
        clock: Clock,
        on_progress: Callable[[TrainingJob], None],
        older: AskOlder | None = None,
    ) -> None:
        """``older``: coarse readings of earlier weeks of some pairs, as of a time; None: not to be had."""
        self._settings = settings
        self._history = history
        self._registry = registry
        self._detector = detector
        self._learning = learning
        self._clock = clock
        self._on_progress = on_progress
        self._ask_older = older
        self._older: Older = {}
        self._lock = threading.Lock()
        self._jobs: dict[str, TrainingJob] = {}
        self._finished = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._unwanted: str | None = None
        self._told_at = 0.0

    def start(self, trigger: Trigger, keys: Iterable[SeriesKey], *, force: bool = False) -> TrainingJob:
        """Begin a run in a thread of its own. Raises RetrainRunning while another one goes on.

        ``force``: a new model serves however much it differs from the present one.
        """
        job = self._begin(trigger, keys, force)
        threading.Thread(target=self._run, args=(job,), name=f"retrain-{job.id}", daemon=True).start()
        return job

    def run(self, trigger: Trigger, keys: Iterable[SeriesKey], *, force: bool = False) -> TrainingJob:
        """The same, here and now; returns the job as it ended."""
        return self._run(self._begin(trigger, keys, force))

    def pairs(self, service: str | None = None, metric: str | None = None) -> list[SeriesKey]:
        """The pairs that have a reading inside the training window, or those of one service or metric."""
        oldest = self._clock.now() - self._settings.training.window
        return [
            key
            for key in self._history.keys()
            if service in (None, key.service)
            and metric in (None, key.metric)
            and self._is_read_since(key, oldest)
        ]

    def roll_back(self, keys: Iterable[SeriesKey]) -> ModelSet:
        """Serve the models before the present ones, until the next training.

        Raises RetrainRunning, NothingBefore, and RegistryBusy, ManifestError or OSError, nothing changed.
        """
        with self._lock:
            running = self._running()
            if running is not None:
                raise RetrainRunning(running)
            forests = self._registry.roll_back(keys, self._clock.now())
            models = self._registry.current
            self._detector.go_back(forests, models)
        return models

    def job(self, job_id: str) -> TrainingJob | None:
        with self._lock:
            return self._jobs.get(job_id)

    def latest(self, *, background: bool = True) -> TrainingJob | None:
        """The newest run; without ``background`` the newest that was more than the reading of earlier weeks."""
        with self._lock:
            newest_first = reversed(self._jobs.values())
            return next((job for job in newest_first if background or job.trigger != "seasons"), None)

    def running(self) -> bool:
        latest = self.latest()
        return latest is not None and latest.state == "running"

    def wait(self, job_id: str, timeout: float) -> TrainingJob | None:
        """The job once it has ended, or as it stands after ``timeout`` seconds."""
        with self._finished:
            self._finished.wait_for(lambda: self._jobs[job_id].state != "running", timeout)
            return self._jobs.get(job_id)

    def cancel(self, job_id: str) -> TrainingJob | None:
        """Ask a run to end before its next pair; one that has ended stays as it is."""
        with self._lock:
            self._unwanted = job_id
            return self._jobs.get(job_id)

    def stop(self, timeout: float) -> None:
        """Cancel what runs, keep the present generation, and wait for the thread to notice."""
        self._stopping.set()
        latest = self.latest()
        if latest is not None:
            self.wait(latest.id, timeout)

    def _begin(self, trigger: Trigger, keys: Iterable[SeriesKey], force: bool = False) -> TrainingJob:
        pairs = tuple(sorted(keys))
        with self._lock:
            running = self._running()
            if running is not None:
                raise RetrainRunning(running)
            job = TrainingJob(uuid.uuid4().hex[:12], trigger, self._clock.now(), pairs, force=force)
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-_KEPT_JOBS]:
                del self._jobs[old]
        self._tell(job)
        return job

    def _running(self) -> TrainingJob | None:
        return next((job for job in self._jobs.values() if job.state == "running"), None)

    def _run(self, job: TrainingJob) -> TrainingJob:
        """Whatever happens, the run ends: one that stood as running for ever would keep all others out."""
        try:
            return self._train_all(job)
        finally:
            left = self.job(job.id)
            if left is not None and left.state == "running":
                self._end(left, "failed", "it broke off, Canopy's log says why; the present models stay")

    def _train_all(self, job: TrainingJob) -> TrainingJob:
        trained: list[TrainedModel] = []
        with self._detector.training() as trainer:
            for number, key in enumerate(job.pairs):
                if number % _GROUP == 0:
                    self._older = self._older_of(job, job.pairs[number : number + _GROUP])
                if self._stopping.is_set():
                    return self._end(job, "cancelled", "Canopy was stopped; the present models stay")
                if self._unwanted == job.id:
                    return self._end(job, "cancelled", "an operator cancelled it; the present models stay")
                job = self._train_one(job, key, trainer, trained)
                self._update(job)
            if not trained and not job.held_back:
                return self._end(job, "done", _nothing_new(job))
            return self._serve(job, trainer, trained)

    def _older_of(self, job: TrainingJob, keys: Sequence[SeriesKey]) -> Older:
        """Nothing for a first model: that is not to wait."""
        if self._ask_older is None or job.trigger == "start":
            return {}
        return self._ask_older(keys, self._clock.now())

    def _serve(self, job: TrainingJob, trainer: Trainer, trained: list[TrainedModel]) -> TrainingJob:
        held_back = {SeriesKey(held.service, held.metric): held.reason for held in job.held_back}
        try:
            keep = set(job.pairs) if self._is_full(job) else None
            models = self._registry.save(trained, self._clock.now(), keep=keep, held_back=held_back)
        except (RegistryBusy, ManifestError, OSError) as error:
            log.error("the new models could not be saved: %s", error)
            return self._end(
                job, "failed", f"the new models could not be saved ({error}); the present ones stay"
            )
        trainer.adopt(models)
        return self._end(replace(job, trained=len(trained)), "done", f"generation {models.generation} serves")

    def _is_full(self, job: TrainingJob) -> bool:
        """Whether it is for every pair that has a reading inside the training window."""
        try:
            return set(job.pairs).issuperset(self.pairs())
        except HistoryError:
            return False

    def _is_read_since(self, key: SeriesKey, oldest: float) -> bool:
        try:
            return (self._history.last_timestamp(key) or 0.0) >= oldest
        except HistoryError:
            return True  # its own training will say why it cannot be read

    def _train_one(
        self, job: TrainingJob, key: SeriesKey, trainer: Trainer, trained: list[TrainedModel]
    ) -> TrainingJob:
        """Train one pair; one bad series never stops the rest."""
        job = replace(job, done=job.done + 1)
        if job.trigger == "seasons" and key not in self._older:
            return job
        try:
            model, off = self._trained(key, trainer, job.force)
        except NotEnoughSamples as error:
            return replace(job, skipped=(*job.skipped, PairProblem(*key, str(error), error.have)))
        except (HistoryError, StoreError, ValueError) as error:
            log.error("training of %r, %s failed: %s", key.service, key.metric, error)
            return replace(job, failed=(*job.failed, PairProblem(*key, str(error))))
        if off:
            trainer.drop(key)
            return replace(job, held_back=(*job.held_back, PairProblem(*key, off)))
        trained.append(model)
        return replace(job, trained=len(trained))

    def _trained(self, key: SeriesKey, trainer: Trainer, force: bool) -> tuple[TrainedModel, str]:
        """A pair's new model, and why it should not serve: empty where it may. Raises as training does."""
        now = self._clock.now()
        stored = self._history.columns(key, now - self._settings.training.window, now)
        learned = self._learning.at_last(key, stored)
        present = self._registry.current.models.get(key)
        scored = np.array([score != b"" for score in stored.score], dtype=np.bool_)
        compared = learned & scored & (stored.timestamps >= now - _COMPARED) & (present is not None)
        series = Series(stored.timestamps, stored.values, learned, compared)
        model = trainer.train(key, _with_older(series, self._older.get(key)), now)
        if present is None:
            return model, ""
        comparison = None
        if model.verdicts is not None:
            live = stored.status[compared] == Verdict.ANOMALY.encode()
            comparison = Comparison.of(np.asarray(live, dtype=np.bool_), model.verdicts)
        changed = changes(present.samples, model.samples, comparison)
        off = "" if force or comparison is None else why_not(comparison)
        return replace(model, changed=changed), off

    def _end(
        self, job: TrainingJob, state: Literal["done", "failed", "cancelled"], detail: str
    ) -> TrainingJob:
        job = replace(job, state=state, finished_at=self._clock.now(), detail=detail)
        log.info(
            "training run %s %s: %d of %d pairs trained; %s", job.id, state, job.trained, job.total, detail
        )
        self._update(job)
        return job

    def _update(self, job: TrainingJob) -> None:
        with self._finished:
            self._jobs[job.id] = job
            if job.state != "running":
                self._finished.notify_all()
        if job.state != "running" or time.monotonic() - self._told_at >= _TELL_EVERY:
            self._tell(job)

    def _tell(self, job: TrainingJob) -> None:
        self._told_at = time.monotonic()
        self._on_progress(job)


def _with_older(series: Series, older: tuple[FloatArray, FloatArray] | None) -> Series:
    """The series with what is known from before it."""
    if older is None or not len(series.timestamps):
        return series
    before = older[0] < series.timestamps[0]
    count = int(before.sum())
    none = np.zeros(count, dtype=np.bool_)
    return Series(
        np.concatenate([older[0][before], series.timestamps]),
        np.concatenate([older[1][before], series.values]),
        np.concatenate([none, series.learned]),
        np.concatenate([none, series.compared]),
        count,
    )


def _nothing_new(job: TrainingJob) -> str:
    if job.trigger == "seasons":
        return "Prometheus knows nothing of the weeks before; the present models stay"
    return "no pair had enough to learn from; the present models stay"
