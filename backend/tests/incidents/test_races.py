"""Threads, processes and operators at the same incident at the same time."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.incidents import schema
from backend.incidents.acts import IllegalTransition, acknowledge, comment, resolve
from backend.incidents.incident import Incident, Status
from backend.incidents.queries import IncidentQuery
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.metrics.readings import SeriesKey
from backend.tests.incidents.builders import new_incident, opened


def test_racing_threads_open_one_incident(store: IncidentStore) -> None:
    start = threading.Barrier(8)

    def race(_: int) -> list[Incident | None]:
        start.wait()
        return [
            store.open(new_incident(key=SeriesKey(f"s{number}", "lat")), seen=None) for number in range(25)
        ]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(race, range(8)))
    for number in range(25):
        assert sum(answer[number] is not None for answer in answers) == 1
    assert store.list(IncidentQuery()).total == 25


def test_racing_operators_have_one_winner_and_every_comment_is_kept(store: IncidentStore) -> None:
    incident = opened(store)

    def work(name: int) -> bool:
        store.change(incident.id, lambda now: comment(now, 1010.0, f"comment {name}"))
        try:
            store.change(incident.id, lambda now: resolve(now, 1020.0))
        except IllegalTransition:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(24))) == 1
    kept = store.get(incident.id)
    assert kept is not None
    assert sorted(entry.text for entry in kept.timeline if entry.kind == "comment") == sorted(
        f"comment {name}" for name in range(24)
    )


def _race_in_a_process(path: Path, start: threading.Barrier, won: multiprocessing.SimpleQueue[int]) -> None:
    start.wait()
    store = IncidentStore(path)  # the file is new: the processes race for its tables as well
    opened_here = 0
    for number in range(40):
        opened_here += store.open(new_incident(key=SeriesKey(f"s{number}", "lat")), seen=None) is not None
    store.close()
    won.put(opened_here)


def test_racing_processes_open_one_incident(database: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, won = context.Barrier(3), context.SimpleQueue()
    processes = [context.Process(target=_race_in_a_process, args=(database, start, won)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sum(won.get() for _ in processes) == 40
    store = IncidentStore(database)
    assert store.list(IncidentQuery()).total == 40
    store.close()


def test_a_decision_on_an_outdated_past_opens_nothing(store: IncidentStore) -> None:
    """Another process opened an incident, and an operator resolved it, between decision and opening."""
    incident = opened(store)
    store.change(incident.id, lambda now: resolve(now, 1001.0))
    assert store.open(new_incident(1000.0), seen=None) is None
    assert store.list(IncidentQuery()).total == 1


def test_reads_go_on_while_another_process_writes(
    store: IncidentStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = opened(store)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    impatient = IncidentStore(database)
    other = schema.connect(database)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE incidents SET title = 'half done'")
    assert store.get(incident.id) == incident
    assert store.list(IncidentQuery()).items[0].title == incident.title
    with pytest.raises(StoreError, match="another process kept it locked"):
        impatient.touch(incident.id, 2000.0)
    other.execute("ROLLBACK")
    impatient.touch(incident.id, 2000.0)
    other.close()
    impatient.close()


def test_nobody_writes_between_what_a_transition_saw_and_what_it_wrote(
    store: IncidentStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = opened(store)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.0)
    other = IncidentStore(database)

    def overtaken(now: Incident) -> Incident:
        with pytest.raises(StoreError, match="another process kept it locked"):
            other.change(incident.id, lambda seen: resolve(seen, 1010.0))
        return acknowledge(now, 1020.0)

    assert store.change(incident.id, overtaken).status is Status.ACKNOWLEDGED
    assert other.change(incident.id, lambda seen: resolve(seen, 1030.0)).status is Status.RESOLVED
    other.close()
