"""What a reading does to incidents: open one, attach to one, resolve one or nothing, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.incidents import wording
from backend.incidents.incident import LatestIncident, Status
from backend.metrics.catalogue import MetricSpec
from backend.metrics.quantity import duration
from backend.metrics.readings import Reading, Severity, State, Verdict
from backend.settings import PolicyName

Flags = TypeVar("Flags", bool, NDArray[np.bool_])
"""Of one reading, or of many in order of time."""


class Firing(NamedTuple):
    """Whether a reading fires, and why or why not: a clause without a full stop."""

    fires: bool
    reason: str


BLIND_AT_MOST = 86400.0
"""Seconds without data after which a firing pair is news again, whatever was resolved before."""


class Observed(NamedTuple):
    """What was seen of a pair since it fired last: seconds of readings that did not fire, of any reading."""

    quiet: float
    seen: float


@dataclass(frozen=True, slots=True)
class Open:
    """Open a new incident; ``seen`` is the pair's past that this was decided on."""

    reason: str
    seen: LatestIncident | None


@dataclass(frozen=True, slots=True)
class Attach:
    """The reading belongs to this incident.

    ``again``: after what pause it fires again, as a clause; empty where its episode simply goes on.
    """

    reason: str
    incident_id: int
    again: str = ""


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
    model that can be used may fire by its threshold alone. A young model, alone, holds its alert back.
    """
    if reading.value is None:
        return Firing(False, _not_judged(reading, spec))
    beyond = reading.severity is not Severity.NORMAL
    anomalous = reading.state is State.SCORED and reading.verdict is Verdict.ANOMALY
    firing = fires(policy, spec, beyond, anomalous, not reading.young)
    by_threshold, by_model = wording.standing(reading, spec), _model_words(reading)
    if policy == "threshold":
        return Firing(firing, by_threshold)
    if policy in ("model", "threshold_and_model") and not has_thresholds(spec):
        return Firing(firing, f"{by_model}; the metric has no thresholds")
    if policy == "model":
        return Firing(firing, f"{by_model} ({by_threshold})")
    return Firing(firing, _joined(by_threshold, by_model, beyond, anomalous))


def fires(
    policy: PolicyName, spec: MetricSpec, beyond: Flags, anomalous: Flags, grown: Flags | bool = True
) -> Flags:
    """What a policy makes of severities beyond Normal and of the model's verdicts; see `evaluate`.

    ``grown``: whether the model is no longer young; a stored reading does not tell.
    """
    heard = anomalous & (beyond | grown)
    if policy == "threshold":
        return beyond
    if policy == "either":
        return beyond | heard
    if policy == "model" or not has_thresholds(spec):
        return heard
    return beyond & heard


def has_thresholds(spec: MetricSpec) -> bool:
    """Whether any value of the metric is High or Critical."""
    return spec.high is not None or spec.critical is not None


def was_quiet(policy: PolicyName, spec: MetricSpec, severity: Severity, verdict: Verdict) -> bool:
    """Whether a stored reading did not fire; one that no model judged is quiet within its thresholds."""
    beyond = severity is not Severity.NORMAL
    if verdict is Verdict.UNKNOWN:
        return not beyond
    return not fires(policy, spec, beyond, verdict is Verdict.ANOMALY)


def decide(
    firing: Firing,
    reading: Reading,
    latest: LatestIncident | None,
    dedup_window: float,
    observed: Observed,
) -> Open | Attach | Suppress:
    """What to do with a reading of a pair whose past is ``latest``; ``dedup_window`` in seconds.

    An episode ends after ``dedup_window`` of quiet. A new one opens an incident, or attaches to the one that
    is not RESOLVED. While the episode of a RESOLVED incident lasts nothing opens: the operator has seen it.
    Blind is not quiet: where the last firing lies longer ago than the window, ``observed`` (else not looked
    at) tells what of that time was seen. Only BLIND_AT_MOST without data end the episode of a RESOLVED
    incident, or a pair that has data only while it is bad would never open again. A last firing that is
    still to come was told by a wrong clock and says nothing: beyond the window its episode counts as over.
    While a restart, a deploy or a new instance settles, nothing opens; what goes on then does.
    """
    decision = _decide(firing, reading, latest, dedup_window, observed)
    artefact = reading.artefact
    if isinstance(decision, Open) and artefact is not None and artefact.holds_back(reading.timestamp):
        return Suppress(wording.held_back(artefact, reading.timestamp))
    return decision


def _decide(
    firing: Firing,
    reading: Reading,
    latest: LatestIncident | None,
    dedup_window: float,
    observed: Observed,
) -> Open | Attach | Suppress:
    if not firing.fires:
        return Suppress(firing.reason)
    if latest is None:
        return Open(firing.reason, None)
    elapsed = reading.timestamp - latest.last_fired_at
    ahead = elapsed < -dedup_window
    over = ahead or was_long_quiet(elapsed, observed.quiet, dedup_window)
    if latest.status is not Status.RESOLVED:
        again = ""
        if ahead:
            again = "Firing again; it last fired at a time that is still to come, so a clock was wrong"
        elif over:
            again = f"Firing again after {duration(observed.quiet)} of quiet"
        elif elapsed - observed.seen > dedup_window:
            again = f"Firing again after {duration(elapsed - observed.seen)} without data"
        return Attach(firing.reason, latest.id, again)
    if over or was_long_blind(elapsed, observed.seen, dedup_window):
        return Open(firing.reason, latest)
    window = duration(dedup_window)
    return Suppress(
        f"the episode of resolved incident #{latest.id} still lasts: it ends after {window} of quiet",
        latest.id,
    )


def was_long_quiet(elapsed: float, quiet: float, dedup_window: float) -> bool:
    """Whether an episode ended between two firings: so far apart, so much of it quiet; all in seconds."""
    return elapsed > dedup_window and quiet >= dedup_window


def was_long_blind(elapsed: float, seen: float, dedup_window: float) -> bool:
    """Whether so much of the time between two firings was not seen that the later one is news again."""
    return elapsed - seen > max(BLIND_AT_MOST, dedup_window)


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
    if reading.state is not State.SCORED:
        why = f" ({'; '.join(reading.reasons)})" if reading.reasons else ""
        return f"the service's own model cannot be used{why}"
    word = {Verdict.NORMAL: "normal", Verdict.ANOMALY: "anomalous"}.get(reading.verdict, "unknown")
    score = "" if reading.score is None else f" (score {reading.score:.2f})"
    young = "is still young and " if reading.young else ""
    return f"the service's own model {young}calls it {word}{score}"


def _joined(by_threshold: str, by_model: str, beyond: bool, anomalous: bool) -> str:
    """The two findings in one clause: "and" where they agree, "but" where they do not."""
    return f"{by_threshold} {'and' if beyond == anomalous else 'but'} {by_model}"
