"""Training by hand: in this process, with a progress bar; a running Canopy takes the result over."""

from __future__ import annotations

from contextlib import closing

from tqdm import tqdm

from backend.clock import SystemClock
from backend.detection.registry import ModelRegistry
from backend.detection.sensitivity import Thresholds
from backend.incidents.sensitivities import Sensitivities
from backend.incidents.store import IncidentStore
from backend.jobs.detecting import build_detector
from backend.jobs.learning import Learning
from backend.jobs.retrain import Retrainer
from backend.jobs.training_job import TrainingJob
from backend.metrics.catalogue import build_catalogue
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from backend.settings import Settings, sqlite_path


class NothingToTrain(LookupError):
    """No pair is meant; the text says which there are."""


def train_by_hand(
    settings: Settings, service: str | None = None, metric: str | None = None, *, force: bool = False
) -> TrainingJob:
    """Train the pairs that have readings, or those of one service or metric, and print how it went.

    ``force``: new models serve however much they differ from the present ones. Raises NothingToTrain, and
    what the stores raise when they cannot be used.
    """
    history = HistoryStore(settings.storage.datasets)
    registry = ModelRegistry(settings.storage.models, settings.detection.detector)
    registry.load()
    with (
        closing(IncidentStore(sqlite_path(settings.storage.database))) as incidents,
        tqdm(unit="model") as bar,
    ):

        def show(job: TrainingJob) -> None:
            bar.total = job.total
            bar.update(job.done - bar.n)

        saved = Sensitivities(sqlite_path(settings.storage.database)).saved()
        detector = build_detector(settings, Thresholds(settings, saved))
        catalogue = build_catalogue(settings)
        learning = Learning(incidents, catalogue, settings.incidents.policy, settings.incidents.dedup_window)
        retrainer = Retrainer(settings, history, registry, detector, learning, SystemClock(), show)
        there = retrainer.pairs()
        _require(service, metric, there, settings)
        job = retrainer.run("command", retrainer.pairs(service, metric), force=force)
    for problem in (*job.skipped, *job.failed, *job.held_back):
        print(f"{problem.service} {problem.metric}: no new model: {problem.reason}")
    print(f"{job.trained} of {job.total} models trained; {job.detail}")
    return job


def _require(service: str | None, metric: str | None, there: list[SeriesKey], settings: Settings) -> None:
    """Raises NothingToTrain."""
    if not there:
        raise NothingToTrain(
            f"{settings.storage.datasets} holds no reading inside the training window: Canopy must run first"
        )
    for name, given, known in (
        ("service", service, {key.service for key in there}),
        ("metric", metric, {key.metric for key in there if service in (None, key.service)}),
    ):
        if given is not None and given not in known:
            raise NothingToTrain(
                f"--{name}: found {given!r}, which has no reading inside the training window; "
                f"there are: {', '.join(sorted(known))}"
            )
