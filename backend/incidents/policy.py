"""What a reading does to incidents: open one, attach to one, resolve one or nothing, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from backend.incidents import wording
from backend.incidents.incident import LatestIncident, Status
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, Severity, State, Verdict
from backend.settings import PolicyName


class Firing(NamedTuple):
    """Whether a reading fires, and why or why not: a clause without a full stop."""

    fires: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open a new incident; ``seen`` is the pair's past that this was decided on."""

    reason: str
    seen: LatestIncident | None


@dataclass(frozen=True, slots=True)
class Attach:
    """The reading belongs to this incident; ``new_episode`` when it had been quiet for the dedup window."""

    reason: str
    incident_id: int
    new_episode: bool


@dataclass(frozen=True, slots=True)
class Suppress:
    """Nothing opens; ``incident_id`` is the RESOLVED incident whose episode goes on, where that is why."""

    reason: str
    incident_id: int | None = None


def evaluate(policy: PolicyName, reading: Reading, spec: MetricSpec) -> Firing:
    """Does this reading fire under the policy?

    ``threshold_and_model``: severity High or Critical, and verdict Anomaly. ``model``: verdict Anomaly.
    ``threshold``: severity High or Critical. ``either``: one of the two. A metric without thresholds is
    judged by its model under ``threshold_and_model``. Missing data never fires; a reading whose pair has no
    model yet may fire by its threshold alone.
    """
    if reading.value is None or reading.state not in (State.SCORED, State.NO_MODEL):
        return Firing(False, _not_judged(reading, spec))
    beyond = reading.severity is not Severity.NORMAL
    anomalous = reading.state is State.SCORED and reading.verdict is Verdict.ANOMALY
    by_threshold, by_model = wording.standing(reading, spec), _model_words(reading)
    if policy == "threshold":
        return Firing(beyond, by_threshold)
    if policy == "model":
        return Firing(anomalous, f"{by_model} ({by_threshold})")
    if policy == "either":
        return Firing(beyond or anomalous, _joined(by_threshold, by_model, beyond, anomalous))
    if spec.high is None and spec.critical is None:
        return Firing(anomalous, f"{by_model} ({by_threshold}; the metric has no thresholds)")
    return Firing(beyond and anomalous, _joined(by_threshold, by_model, beyond, anomalous))


def decide(
    firing: Firing, reading: Reading, latest: LatestIncident | None, dedup_window: float
) -> Open | Attach | Suppress:
    """What to do with a reading of a pair whose past is ``latest``; ``dedup_window`` in seconds.

    An episode ends after ``dedup_window`` of quiet. A new one opens an incident, or attaches to the one that
    is not RESOLVED. While the episode of a RESOLVED incident lasts nothing opens: the operator has seen it.
    """
    if not firing.fires:
        return Suppress(firing.reason)
    if latest is None:
        return Open(firing.reason, None)
    over = reading.timestamp - latest.last_fired_at > dedup_window
    if latest.status is not Status.RESOLVED:
        return Attach(firing.reason, latest.id, new_episode=over)
    if over:
        return Open(firing.reason, latest)
    window = wording.duration(dedup_window)
    return Suppress(
        f"the episode of resolved incident #{latest.id} still lasts: it ends after {window} without firing",
        latest.id,
    )


def count_quiet(count: int, firing: Firing, reading: Reading) -> int:
    """How many readings in a row have been scored and have not fired, ``reading`` included.

    Missing data neither counts nor starts the count again: it says nothing about the service.
    """
    if firing.fires:
        return 0
    return count + 1 if reading.state is State.SCORED else count


class QuietCounter:
    """Decides which open incidents resolve by themselves after ``after`` quiet readings; None: none ever.

    The counts live in memory. After a restart they begin again, so an incident resolves later, never sooner.
    """

    def __init__(self, after: int | None) -> None:
        self._after = after
        self._counts: dict[int, int] = {}

    def is_back(self, firing: Firing, reading: Reading, latest: LatestIncident | None) -> bool:
        """Call once for each reading of a pair; True when its open incident is to be resolved now."""
        if self._after is None or latest is None:
            return False
        before = self._counts.pop(latest.id, 0)
        if latest.status is Status.RESOLVED:
            return False
        count = count_quiet(before, firing, reading)
        if count < self._after:
            self._counts[latest.id] = count
        return count >= self._after


def _not_judged(reading: Reading, spec: MetricSpec) -> str:
    why = f" ({'; '.join(reading.reasons)})" if reading.reasons else ""
    return f"{spec.title} could not be judged: the reading is {reading.state.replace('_', ' ')}{why}"


def _model_words(reading: Reading) -> str:
    if reading.state is State.NO_MODEL:
        return "the service has no model of its own yet"
    word = {Verdict.NORMAL: "normal", Verdict.ANOMALY: "anomalous"}.get(reading.verdict, "unknown")
    score = "" if reading.score is None else f" (score {reading.score:.2f})"
    return f"the service's own model calls it {word}{score}"


def _joined(by_threshold: str, by_model: str, beyond: bool, anomalous: bool) -> str:
    """The two findings in one clause: "and" where they agree, "but" where they do not."""
    return f"{by_threshold} {'and' if beyond == anomalous else 'but'} {by_model}"
