"""A training run as it stands: what it is for, how far it is, and which pairs got no new model, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from backend.clock import to_rfc3339
from backend.metrics.readings import SeriesKey

Trigger = Literal["start", "schedule", "api", "command", "resolved", "seasons"]
ProblemKind = Literal["skipped", "failed", "held_back"]


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


def groups(job: TrainingJob) -> list[Sequence[SeriesKey]]:
    """Pairs whose earlier weeks are asked for and held in memory together: those of a metric."""
    if job.trigger != "seasons":
        return [job.pairs]
    metrics = sorted({key.metric for key in job.pairs})
    return [[key for key in job.pairs if key.metric == metric] for metric in metrics]


def noted(job: TrainingJob, problem: tuple[ProblemKind, PairProblem] | None, trained: int) -> TrainingJob:
    """The run after one more pair."""
    job = replace(job, done=job.done + 1, trained=trained)
    if problem is None:
        return job
    kind, what = problem
    changes: dict[str, Any] = {kind: (*getattr(job, kind), what)}
    return replace(job, **changes)


def nothing_new(job: TrainingJob) -> str:
    """Why a run that could train none of its pairs changed nothing."""
    if job.trigger == "seasons":
        return "Prometheus knows nothing of the weeks before; the present models stay"
    return "no pair had enough to learn from; the present models stay"
