"""Training as a job: one at a time, in its own thread, with its progress told as it goes."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple

from backend.clock import Clock
from backend.cores import CORES
from backend.detection.detector import Detector, Trainer
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry, ModelSet, RegistryBusy
from backend.detection.training import NotEnoughSamples, TrainedModel
from backend.incidents.schema import StoreError
from backend.jobs.learning import Learning
from backend.jobs.pair_training import Older, PairTraining
from backend.jobs.threads import PollsFirst, after_polls
from backend.jobs.training_job import (
    PairProblem,
    ProblemKind,
    RetrainRunning,
    TrainingJob,
    Trigger,
    groups,
    noted,
    nothing_new,
)
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

log = logging.getLogger(__name__)

_KEPT_JOBS = 50
AskOlder = Callable[[Sequence[SeriesKey], float], Older]
_TELL_EVERY = 0.2
"""Seconds between two tellings of progress: ten thousand pairs are no reason for ten thousand events."""


class Attempt(NamedTuple):
    """What came of a pair: a model, a problem, or nothing."""

    model: TrainedModel | None = None
    problem: tuple[ProblemKind, PairProblem] | None = None


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
        """``older``: coarse readings of earlier weeks of some pairs, as of a time; None: not to be had.

        A run stands still while ``polls`` says that a poll is under way.
        """
        self._settings = settings
        self._history = history
        self._registry = registry
        self._detector = detector
        self._clock = clock
        self._on_progress = on_progress
        self._ask_older = older
        window, interval = settings.training.window, settings.poll.interval
        self.polls = PollsFirst()
        self._training = PairTraining(history, registry, learning, clock, window, interval)
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
        threading.Thread(target=self._run_behind, args=(job,), name=f"retrain-{job.id}", daemon=True).start()
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
        """The newest run; without ``background`` the newest that did more than read earlier weeks."""
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
            job = self._jobs.get(job_id)
            if job is not None and job.state == "running":
                self._unwanted = job_id
            return job

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

    def _run_behind(self, job: TrainingJob) -> None:
        after_polls()
        self._run(job)

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
        with (
            self._detector.training(self.polls.give_way) as trainer,
            ThreadPoolExecutor(CORES, f"retrain-{job.id}", initializer=after_polls) as pool,
        ):
            for keys in groups(job):
                attempt = partial(self._attempt, job, trainer, self._older_of(job, keys))
                for model, problem in pool.map(attempt, keys):
                    if why := self._why_cancelled(job):
                        return self._end(job, "cancelled", f"{why}; the present models stay")
                    if model is not None:
                        trained.append(model)
                    job = noted(job, problem, len(trained))
                    self._update(job)
            if not trained and not job.held_back:
                return self._end(job, "done", nothing_new(job))
            return self._serve(job, trainer, trained)

    def _why_cancelled(self, job: TrainingJob) -> str:
        """Empty while the run is wanted."""
        if self._stopping.is_set():
            return "Canopy was stopped"
        return "an operator cancelled it" if self._unwanted == job.id else ""

    def _older_of(self, job: TrainingJob, keys: Sequence[SeriesKey]) -> Older:
        """Asked for once a pair, in the background: what is live remembers them, and goes on to."""
        if self._ask_older is None or job.trigger != "seasons":
            return {}
        return self._ask_older(keys, self._clock.now())

    def _serve(self, job: TrainingJob, trainer: Trainer, trained: list[TrainedModel]) -> TrainingJob:
        held_back = {SeriesKey(held.service, held.metric): held.reason for held in job.held_back}
        try:
            keep = set(job.pairs) if self._is_full(job) else None
            models = self._registry.save(
                trained, self._clock.now(), keep=keep, held_back=held_back, give_way=self.polls.give_way
            )
        except (RegistryBusy, ManifestError, OSError) as error:
            log.error("the new models could not be saved: %s", error)
            return self._end(
                job, "failed", f"the new models could not be saved ({error}); the present ones stay"
            )
        trainer.adopt(models)
        return self._end(replace(job, trained=len(trained)), "done", f"generation {models.generation} serves")

    def _is_full(self, job: TrainingJob) -> bool:
        """Whether it is for every pair that has a reading inside the training window."""
        wanted, oldest = set(job.pairs), self._clock.now() - self._settings.training.window
        try:
            others = (key for key in self._history.keys() if key not in wanted)
        except HistoryError:
            return False
        return not any(self._is_read_since(key, oldest) for key in others)

    def _is_read_since(self, key: SeriesKey, oldest: float) -> bool:
        try:
            return self._history.is_read_since(key, oldest)
        except HistoryError:
            return True  # its own training will say why it cannot be read

    def _attempt(self, job: TrainingJob, trainer: Trainer, older: Older, key: SeriesKey) -> Attempt:
        """Train one pair; one bad series never stops the rest."""
        if self._why_cancelled(job) or (job.trigger == "seasons" and key not in older):
            return Attempt()
        try:
            model, off = self._training.train(
                key, trainer, older, force=job.force, give_way=self.polls.give_way
            )
        except NotEnoughSamples as error:
            return Attempt(problem=("skipped", PairProblem(*key, str(error), error.have)))
        except (HistoryError, StoreError, ValueError) as error:
            log.error("training of %r, %s failed: %s", key.service, key.metric, error)
            return Attempt(problem=("failed", PairProblem(*key, str(error))))
        if off:
            trainer.drop(key)
            return Attempt(problem=("held_back", PairProblem(*key, off)))
        return Attempt(model)

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
