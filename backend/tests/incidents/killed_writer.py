"""A process made to be killed: polls and operators at work, each answered write told on stdout."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from backend.incidents.acts import acknowledge, comment, reopen, resolve
from backend.incidents.incident import Incident, ResolveReason, Status
from backend.incidents.store import IncidentStore
from backend.metrics.readings import SeriesKey, Severity
from backend.tests.incidents.builders import DEDUP_WINDOW, firing, poll

PAIRS = [SeriesKey(f"service-{number}", "lat") for number in range(4)]


def main(path: Path, seed: int) -> None:
    """Work until killed. A line is ``{"fired": ..}`` or ``{"words": ..}``: what must be found afterwards."""
    store, chance = IncidentStore(path), random.Random(seed)
    past = store.latest(PAIRS)
    now = {key: past[key].last_fired_at if key in past else 0.0 for key in PAIRS}
    for key in PAIRS:  # after a restart the last reading is polled again
        if key in past:
            poll(store, firing(now[key], key))
    for number in range(1_000_000):
        key = chance.choice(PAIRS)
        latest = store.latest([key]).get(key)
        if latest is None or chance.random() < 0.6:
            now[key] += chance.choice([15.0, 15.0, DEDUP_WINDOW, DEDUP_WINDOW + 15])
            poll(store, firing(now[key], key, chance.choice([Severity.HIGH, Severity.CRITICAL])))
            print(json.dumps({"fired": now[key], "service": key.service}), flush=True)
            continue
        words = f"words {seed}-{number}"
        action = {
            Status.OPEN: partial(acknowledge, comment=words),
            Status.ACKNOWLEDGED: partial(resolve, reason=ResolveReason.REAL, comment=words),
            Status.RESOLVED: chance.choice([partial(reopen, comment=words), partial(comment, text=words)]),
        }[latest.status]
        store.change(latest.id, partial(_act, action))
        print(json.dumps({"words": words, "incident": latest.id}), flush=True)


def _act(action: Callable[..., Incident], incident: Incident) -> Incident:
    return action(incident, at=incident.updated_at + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
