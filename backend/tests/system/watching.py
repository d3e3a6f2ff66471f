"""What the tests of a running Canopy look at: one pair's reading, its incidents, and the polls that pass."""

from __future__ import annotations

from typing import Any

from backend.clock import from_rfc3339
from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy


def reading(canopy: RunningCanopy, service: str, metric: str = "lat") -> dict[str, Any]:
    """The pair's newest reading as the API shows it."""
    found: dict[str, Any] = canopy.json("/metrics", service=service)["metrics"][metric]
    return found


def incidents(canopy: RunningCanopy, service: str | None = None) -> list[dict[str, Any]]:
    """All incidents (of one service), the oldest first."""
    items: list[dict[str, Any]] = canopy.json("/incidents", service=service, sort="opened_at", limit=500)[
        "items"
    ]
    return items


def standing(canopy: RunningCanopy) -> list[tuple[int, str, str]]:
    """Id, service and status of every incident: what missing data may not change."""
    return [(i["id"], i["service"], i["status"]) for i in incidents(canopy)]


def wait_for_state(canopy: RunningCanopy, service: str, state: str, seconds: float = 30.0) -> None:
    def reached() -> bool:
        answer = canopy.get("/metrics", service=service)
        return answer.status_code == 200 and answer.json()["metrics"]["lat"]["state"] == state

    wait_until(reached, f"{service!r} is {state}", seconds)


def wait_for_value(canopy: RunningCanopy, service: str, value: float) -> None:
    """Until the API shows it: an incident is kept a moment before its reading is shown."""
    wait_until(lambda: reading(canopy, service)["value"] == value, f"{service!r} is seen at {value:g}")


def wait_for_incident(canopy: RunningCanopy, service: str) -> dict[str, Any]:
    """The newest incident of the service, once there is one that is OPEN."""
    wait_until(
        lambda: any(i["status"] == "OPEN" for i in incidents(canopy, service)),
        f"an incident of {service!r} opens",
    )
    return incidents(canopy, service)[-1]


def last_poll(canopy: RunningCanopy, service: str) -> float:
    """The grid time of the newest poll that the API shows."""
    return from_rfc3339(canopy.json("/metrics", service=service)["timestamp"])


def wait_for_polls(canopy: RunningCanopy, service: str, seconds: float = 4.0) -> None:
    """Let polls pass until one ``seconds`` of the grid after the newest has been shown."""
    start = last_poll(canopy, service)
    wait_until(lambda: last_poll(canopy, service) >= start + seconds, "more polls pass")
