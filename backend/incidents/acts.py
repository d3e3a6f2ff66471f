"""What people, and Canopy after a quiet time, do to an incident: the legal transitions, with their words."""

from __future__ import annotations

from typing import Any

from backend.incidents import wording
from backend.incidents.incident import Feedback, Incident, IncidentSummary, ResolveReason, Status, entered

_ANSWERS: dict[ResolveReason | None, Feedback] = {
    ResolveReason.REAL: "yes",
    ResolveReason.EXPECTED: "expected",
    ResolveReason.NOISE: "noise",
}
"""Resolving for one of these reasons answers "was this right?" as well."""


class IllegalTransition(Exception):
    """The incident's status does not allow this; ``detail`` says what it is and what is allowed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


_ALLOWED = {
    Status.OPEN: ("acknowledged", "resolved"),
    Status.ACKNOWLEDGED: ("resolved",),
    Status.RESOLVED: ("reopened",),
}


def acknowledge(incident: Incident, at: float, comment: str = "") -> Incident:
    """OPEN -> ACKNOWLEDGED: somebody looks after it. Raises IllegalTransition."""
    _require(incident, "acknowledged")
    text = wording.with_comment("Acknowledged", comment)
    return entered(incident, at, "acknowledged", text, status=Status.ACKNOWLEDGED)


def resolve(
    incident: Incident, at: float, reason: ResolveReason | None = None, comment: str = ""
) -> Incident:
    """OPEN or ACKNOWLEDGED -> RESOLVED. Raises IllegalTransition."""
    _require(incident, "resolved")
    text = wording.with_comment(wording.RESOLVED[reason and reason.value], comment)
    answer = _ANSWERS.get(reason, incident.feedback)
    changes: dict[str, Any] = {
        "status": Status.RESOLVED,
        "resolved_at": at,
        "resolve_reason": reason,
        "feedback": answer,
    }
    return entered(incident, at, "resolved", text, **changes)


def auto_resolve(incident: Incident, at: float, quiet_readings: int) -> Incident:
    """Resolve it without an operator; one that an operator resolved first stays as it is."""
    if incident.status is Status.RESOLVED:
        return incident
    count = "1 reading" if quiet_readings == 1 else f"{quiet_readings} readings in a row"
    text = f"Resolved by Canopy: {count} did not fire (setting incidents.auto_resolve_after)."
    return entered(incident, at, "resolved", text, actor="canopy", status=Status.RESOLVED, resolved_at=at)


def reopen(incident: Incident, at: float, comment: str = "") -> Incident:
    """RESOLVED -> OPEN, by an operator only. Raises IllegalTransition."""
    _require(incident, "reopened")
    text = wording.with_comment("Reopened", comment)
    return entered(incident, at, "reopened", text, status=Status.OPEN, **unresolved(incident))


def unresolved(incident: IncidentSummary) -> dict[str, Any]:
    """What a RESOLVED incident no longer says once it is not: why, when, and the answer that this gave."""
    told = _ANSWERS.get(incident.resolve_reason) == incident.feedback
    answer = None if told else incident.feedback
    return {"resolved_at": None, "resolve_reason": None, "feedback": answer}


def comment(incident: Incident, at: float, text: str) -> Incident:
    """Add an operator's words, in any status. Raises ValueError if there are none."""
    if not text.strip():
        raise ValueError("the comment is empty: write at least one character")
    return entered(incident, at, "comment", text.strip())


def give_feedback(incident: Incident, at: float, answer: Feedback) -> Incident:
    """Record the answer to "was this right?", in any status; a later answer replaces an earlier one."""
    return entered(incident, at, "feedback", wording.FEEDBACK[answer], feedback=answer)


def _require(incident: Incident, wish: str) -> None:
    allowed = _ALLOWED[incident.status]
    if wish not in allowed:
        raise IllegalTransition(
            f"Incident #{incident.id} is {incident.status.lower()}, so it cannot be {wish}; "
            f"it can be {' or '.join(allowed)}."
        )
