"""One act on many incidents: each is changed or named with its reason, and nothing else happens."""

from __future__ import annotations

from functools import partial

from backend.incidents.acts import acknowledge, resolve
from backend.incidents.incident import ResolveReason, Status
from backend.incidents.queries import IncidentQuery
from backend.incidents.store import IncidentStore
from backend.incidents.undo import undo
from backend.metrics.readings import SeriesKey
from backend.tests.incidents.builders import opened


def several(store: IncidentStore, count: int) -> list[int]:
    return [opened(store, 1000.0 + n, SeriesKey(f"s{n}", "lat")).id for n in range(count)]


def test_what_can_be_done_is_done_and_the_rest_is_named(store: IncidentStore) -> None:
    one, two, three = several(store, 3)
    store.change(two, partial(resolve, at=2000.0))
    changed, refused = store.change_many([three, two, 99, one, three], partial(acknowledge, at=2001.0))
    assert [incident.id for incident in changed] == [three, one]
    assert refused == {
        two: f"Incident #{two} is resolved, so it cannot be acknowledged; it can be reopened.",
        99: "There is no incident #99.",
    }
    for incident_id, status in ((one, Status.ACKNOWLEDGED), (two, Status.RESOLVED)):
        kept = store.get(incident_id)
        assert kept is not None
        assert kept.status is status


def test_readings_logs_and_timeline_stay_whole(store: IncidentStore) -> None:
    (one,) = several(store, 1)
    before = store.get(one)
    assert before is not None
    store.change_many([one], partial(resolve, at=2000.0, reason=ResolveReason.EXPECTED, comment="load test"))
    after = store.get(one)
    assert after is not None
    assert (after.readings, after.logs) == (before.readings, before.logs)
    assert after.timeline[:-1] == before.timeline
    assert after.timeline[-1].text == "Resolved, it was expected: load test"


def test_more_than_one_batch_is_changed_and_taken_back(store: IncidentStore) -> None:
    many = several(store, 1100)
    changed, refused = store.change_many(many, partial(resolve, at=2000.0))
    assert ([incident.id for incident in changed], refused) == (many, {})
    assert store.list(IncidentQuery()).statuses == {Status.RESOLVED: 1100}
    again = opened(store, 3000.0, SeriesKey("s5", "lat"))
    back, refused = store.change_many(many, partial(undo, at=2005.0))
    assert len(back) == 1099
    assert list(refused) == [many[5]]
    assert f"#{again.id}" in refused[many[5]]
