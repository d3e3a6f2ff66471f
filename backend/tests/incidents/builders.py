"""Readings, a metric and one poll of a pair, as the incident tests need them."""

from __future__ import annotations

from backend.incidents.incident import Incident, LatestIncident, begin
from backend.incidents.policy import Attach, Observed, Open, Suppress, decide, evaluate
from backend.incidents.store import IncidentStore
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import ExpectedRange, Reading, SeriesKey, Severity, State, Verdict

KEY = SeriesKey("payment-service", "lat")
SPEC = MetricSpec("lat", "p99 latency", "milliseconds", "query", 1000, 3000, "above")
DEDUP_WINDOW = 900.0
POLICY = "threshold_and_model"


def firing(
    timestamp: float,
    key: SeriesKey = KEY,
    severity: Severity = Severity.CRITICAL,
    value: float = 3240.0,
) -> Reading:
    """A reading that fires under every policy."""
    return Reading(
        key,
        timestamp,
        value,
        State.SCORED,
        severity,
        Verdict.ANOMALY,
        0.81,
        ExpectedRange(12, 85),
    )


def quiet(timestamp: float, key: SeriesKey = KEY) -> Reading:
    """A reading that fires under no policy."""
    return Reading(
        key, timestamp, 40.0, State.SCORED, Severity.NORMAL, Verdict.NORMAL, 0.3, ExpectedRange(12, 85)
    )


def blind(timestamp: float, key: SeriesKey = KEY, state: State = State.STALE) -> Reading:
    """A reading without a usable sample."""
    return Reading(key, timestamp, None, state, reasons=("no sample for 5 min",))


def new_incident(
    timestamp: float = 1000.0, key: SeriesKey = KEY, severity: Severity = Severity.CRITICAL, **parts: object
) -> Incident:
    """What the store is asked to keep, before it has an id; opened one second after its reading."""
    reading = firing(timestamp, key, severity)
    because = evaluate("either", reading, SPEC).reason
    return begin(reading, SPEC, policy=POLICY, because=because, at=timestamp + 1, **parts)  # type: ignore[arg-type]


def opened(
    store: IncidentStore,
    timestamp: float = 1000.0,
    key: SeriesKey = KEY,
    severity: Severity = Severity.CRITICAL,
) -> Incident:
    """An incident that the store has just opened."""
    kept = store.open(new_incident(timestamp, key, severity), seen=store.latest([key]).get(key))
    assert kept is not None
    return kept


def poll(store: IncidentStore, reading: Reading) -> Open | Attach | Suppress:
    """What the poll cycle does with one reading of a pair that was quiet since it fired last."""
    at = reading.timestamp + 1
    fires = evaluate("threshold_and_model", reading, SPEC)
    latest: LatestIncident | None = store.latest([reading.key]).get(reading.key)
    since = 0.0 if latest is None else max(0.0, reading.timestamp - latest.last_fired_at)
    decision = decide(fires, reading, latest, DEDUP_WINDOW, Observed(since, since))
    match decision:
        case Open(reason, seen):
            store.open(begin(reading, SPEC, policy=POLICY, because=reason, at=at), seen=seen)
        case Attach(_, incident_id, again):
            store.attach(incident_id, reading, SPEC, again=again, at=at)
        case Suppress(_, int(incident_id)):
            store.touch(incident_id, reading.timestamp)
    return decision
