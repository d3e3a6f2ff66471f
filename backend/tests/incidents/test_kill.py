"""kill -9 at any moment: what was answered is there, and nothing is there twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend.incidents.incident import Incident, Status
from backend.incidents.queries import IncidentQuery
from backend.incidents.store import IncidentStore
from backend.tests.incidents import killed_writer
from backend.tests.incidents.builders import DEDUP_WINDOW

KILLS = 30
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_nothing_that_was_answered_is_lost_and_nothing_is_doubled(database: Path) -> None:
    chance = random.Random(20)
    ledger: list[dict[str, Any]] = []
    for seed in range(KILLS):
        ledger += _work_and_kill(database, seed, answers=chance.randint(1, 60))
        store = IncidentStore(database)
        kept = [store.get(item.id) for item in _everything(store)]
        _compare([incident for incident in kept if incident is not None], ledger)
        with store._read() as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store.close()
    assert len(ledger) > KILLS * 10, "too little was written for the kills to mean anything"


def _work_and_kill(database: Path, seed: int, answers: int) -> list[dict[str, Any]]:
    """Let the writer answer so often, kill it in whatever it does next, and return all its answers."""
    command = [sys.executable, "-m", killed_writer.__name__, str(database), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(answers)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -9, "it must have been at work until it was killed"
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def _everything(store: IncidentStore) -> list[Any]:
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = store.list(IncidentQuery(sort="opened_at", limit=500, cursor=cursor))
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items


def _compare(kept: list[Incident], ledger: list[dict[str, Any]]) -> None:
    by_id = {incident.id: incident for incident in kept}
    said = Counter(
        (incident.id, entry.text.rpartition("words ")[2])
        for incident in kept
        for entry in incident.timeline
        if "words " in entry.text
    )
    assert set(said.values()) <= {1}, "an operator's words stand twice"
    fired: dict[str, list[float]] = defaultdict(list)
    for answer in ledger:
        if "words" in answer:
            assert said[(answer["incident"], answer["words"].removeprefix("words "))] == 1
        else:
            fired[answer["service"]].append(answer["fired"])
    for service, times in fired.items():
        own = sorted((one for one in kept if one.service == service), key=lambda one: one.event_ts)
        assert max(one.last_fired_at for one in own) >= max(times), "an answered reading is lost"
        assert sum(one.status is not Status.RESOLVED for one in own) <= 1
        for earlier, later in pairwise(own):
            assert later.event_ts - max(time for time in times if time < later.event_ts) > DEDUP_WINDOW, (
                f"#{earlier.id} and #{later.id} opened in one episode"
            )
    for incident in by_id.values():
        assert incident.timeline[0].kind == "opened"
        assert incident.readings[0].timestamp == incident.event_ts
        assert len(incident.readings) == min(incident.reading_count, 200)
