"""Takes back an operator's newest acknowledgement or resolution; the timeline keeps both."""

from __future__ import annotations

from dataclasses import replace

from backend.incidents.acts import IllegalTransition, unresolved
from backend.incidents.incident import Incident, Status, TimelineEntry
from backend.metrics.quantity import duration

UNDO_WITHIN = 300.0
"""Seconds for which an act can be taken back; later it is a decision of its own, and reopening says so."""

_ENTERED = {
    "opened": Status.OPEN,
    "acknowledged": Status.ACKNOWLEDGED,
    "resolved": Status.RESOLVED,
    "reopened": Status.OPEN,
}
_ACTS = {"acknowledged": "Acknowledgement", "resolved": "Resolution"}


def undo(incident: Incident, at: float) -> Incident:
    """The status from before the operator's newest act. Raises IllegalTransition where there is none to undo.

    A reopening is taken back by resolving again, which asks for a reason.
    """
    standing: list[TimelineEntry] = []
    for entry in incident.timeline:
        if entry.kind == "undone":
            standing.pop()
        elif entry.kind in _ENTERED:
            standing.append(entry)
    *earlier, act = standing
    if act.kind not in _ACTS or act.actor != "operator":
        raise IllegalTransition(f"Incident #{incident.id} has no acknowledgement or resolution to undo.")
    age = at - act.at
    if age > UNDO_WITHIN:
        raise IllegalTransition(
            f"Incident #{incident.id} was {act.kind} {duration(age)} ago; undo is for the first "
            f"{duration(UNDO_WITHIN)}. A resolved incident can be reopened."
        )
    text = f"{_ACTS[act.kind]} taken back after {duration(age)}."
    return replace(
        incident,
        status=_ENTERED[earlier[-1].kind],
        updated_at=max(incident.updated_at, at),
        timeline=(*incident.timeline, TimelineEntry(at, "undone", "operator", text)),
        **(unresolved(incident) if act.kind == "resolved" else {}),
    )
