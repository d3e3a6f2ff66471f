/** Small, whole examples of the wire's objects; each test says only what matters to it. */
import type {
  History,
  IncidentDetail,
  IncidentList,
  IncidentSummary,
  LogEntry,
  ModelList,
  ModelStatus,
  Overview,
  OverviewMetric,
  OverviewService,
  ReasonCard,
  RetrainJob,
} from "@/lib/api/types";

/** The moment all examples happen at: 21 November 2026, 14:02:11 UTC. */
export const NOW = Date.parse("2026-11-21T14:02:11Z");
export const at = (secondsFromNow: number, now = NOW) => new Date(now + secondsFromNow * 1_000).toISOString();

export function metricOf(change: Partial<OverviewMetric> = {}): OverviewMetric {
  return {
    title: "p99 latency",
    value: 34.2,
    unit: "milliseconds",
    severity: "Normal",
    prediction: "Normal",
    score: 0.31,
    state: "scored",
    expected: { low: 20, high: 54 },
    reasons: [],
    card: null,
    artefact: null,
    event_ts: at(-1),
    high: 1_000,
    critical: 3_000,
    direction: "above",
    recent: [30, 31, 29, 34, 33, 36, 30, 34.2],
    ...change,
  };
}

export function serviceOf(service: string, change: Partial<OverviewService> = {}): OverviewService {
  return {
    service,
    severity: "Normal",
    blind: false,
    open_incidents: 0,
    metrics: { lat: metricOf() },
    ...change,
  };
}

export function overviewOf(services: OverviewService[], change: Partial<Overview> = {}): Overview {
  const count = (severity: OverviewService["severity"]) =>
    services.filter((service) => !service.blind && service.severity === severity).length;
  return {
    timestamp: at(-1),
    poll_interval: 5,
    severities: { Normal: count("Normal"), High: count("High"), Critical: count("Critical") },
    blind: services.filter((service) => service.blind).length,
    open_incidents: services.reduce((sum, service) => sum + service.open_incidents, 0),
    warming_up: null,
    services,
    ...change,
  };
}

export function incidentOf(id: number, change: Partial<IncidentSummary> = {}): IncidentSummary {
  return {
    id,
    service: "payment-service",
    metric: "lat",
    metric_title: "p99 latency",
    unit: "milliseconds",
    severity: "Critical",
    status: "OPEN",
    title: "p99 latency of payment-service is far above its expected range",
    reason: "3,412 ms where 20 to 54 ms is expected; Critical from 3,000 ms.",
    policy: "threshold_and_model",
    fingerprint: "f1",
    event_ts: at(-180),
    opened_at: at(-178),
    updated_at: at(-10),
    resolved_at: null,
    resolve_reason: null,
    last_fired_at: at(-10),
    feedback: null,
    ...change,
  };
}

/** All of them on one page. */
export function incidentListOf(items: IncidentSummary[]): IncidentList {
  const count = <K extends "status" | "severity">(name: K) => {
    const counts: Record<string, number> = {};
    for (const each of items) counts[each[name]] = (counts[each[name]] ?? 0) + 1;
    return counts;
  };
  return {
    items,
    total: items.length,
    next_cursor: null,
    counts: { status: count("status"), severity: count("severity") },
  };
}

export function historyOf(service: string, metric: string, change: Partial<History> = {}): History {
  return {
    service,
    metric,
    unit: "milliseconds",
    start: at(-3_600),
    end: at(0),
    total: change.points?.length ?? 0,
    downsampled: false,
    expected: { low: 20, high: 54 },
    high: 1_000,
    critical: 3_000,
    direction: "above",
    query: "max by (service) (latency)",
    unusual: [],
    gaps: [],
    points: [],
    ...change,
  };
}

export function lineOf(secondsFromNow: number, change: Partial<LogEntry> = {}, now = NOW): LogEntry {
  return {
    timestamp: at(secondsFromNow, now),
    service: "payment-service",
    level: "INFO",
    message: "payment accepted in 31 ms",
    logger: "shop.payment.PaymentController",
    thread: "http-nio-8082-exec-3",
    trace_id: "",
    stack_trace: "",
    count: 1,
    explains: false,
    reason: "",
    ...change,
  };
}

export function cardOf(change: Partial<ReasonCard> = {}, now = NOW): ReasonCard {
  return {
    observed: 3_412,
    unit: "milliseconds",
    low: 20,
    high: 54,
    yesterday: 33,
    last_week: 36.4,
    side: "above",
    since: at(-195, now),
    shares: [
      { about: "level", view: "value", part: 0.58, side: "above", words: "far above its usual level" },
      { about: "change", view: "delta", part: 0.27, side: "above", words: "it rose within one reading" },
      {
        about: "time_of_day",
        view: "hour",
        part: 0.09,
        side: "above",
        words: "at this time of day it is lower",
      },
    ],
    nearest: {
      id: 3,
      service: "payment-service",
      metric: "lat",
      title: "p99 latency on payment-service is 2,980 ms, expected 19–51 ms",
      opened_at: at(-4 * 86_400, now),
      resolved_at: at(-4 * 86_400 + 1_500, now),
      resolution: "Resolved, it was a real problem: pool enlarged",
    },
    ...change,
  };
}

export function incidentDetailOf(
  id: number,
  change: Partial<IncidentDetail> = {},
  now = NOW,
): IncidentDetail {
  return {
    ...incidentOf(id),
    readings: [
      {
        timestamp: at(-180, now),
        value: 3_412,
        score: 0.97,
        severity: "Critical",
        prediction: "Anomaly",
        expected: { low: 20, high: 54 },
      },
    ],
    card: cardOf({}, now),
    logs: [
      lineOf(-190, {}, now),
      lineOf(
        -182,
        {
          level: "ERROR",
          message: "upstream timeout after 3000 ms: connection pool exhausted (10/10)",
          stack_trace: "java.sql.SQLTransientConnectionException: timeout\n\tat shop.payment.Ledger.save\n",
          count: 4,
          explains: true,
          reason: "new message just before the event",
        },
        now,
      ),
      lineOf(-170, { level: "WARN", message: "retrying <b>card 4</b>" }, now),
    ],
    timeline: [
      { at: at(-178, now), kind: "opened", actor: "canopy", text: "Critical and anomalous" },
      { at: at(-120, now), kind: "comment", actor: "operator", text: "Looking at it" },
    ],
    ...change,
  };
}

const METRICS: Record<string, Pick<ModelStatus, "title" | "unit">> = {
  lat: { title: "p99 latency", unit: "milliseconds" },
  cpu: { title: "CPU", unit: "percent" },
  err: { title: "Errors", unit: "percent" },
};

export function modelOf(service: string, metric: string, change: Partial<ModelStatus> = {}): ModelStatus {
  return {
    service,
    metric,
    title: METRICS[metric]?.title ?? metric,
    unit: METRICS[metric]?.unit ?? "count",
    state: "ready",
    reason: "",
    have: 240,
    need: 50,
    eta: null,
    trained_at: at(-3_600),
    window: 172_800,
    samples: 240,
    version: "20261121T130211Z",
    usual: { low: 20, high: 54 },
    detector: "view_forest",
    learned: 260,
    judged: 20,
    alert_rate: 0,
    alarming: false,
    changed: "",
    candidate: "",
    held: false,
    before: null,
    ...change,
  };
}

/** A whole list, with its counts. */
export function modelsOf(...items: ModelStatus[]): ModelList {
  const states: Record<string, number> = { ready: 0, warming_up: 0, failed: 0 };
  for (const { state } of items) states[state] = (states[state] ?? 0) + 1;
  return { items, total: items.length, states };
}

export function jobOf(change: Partial<RetrainJob> = {}): RetrainJob {
  return {
    id: "r1",
    state: "running",
    trigger: "api",
    started_at: at(-5),
    finished_at: null,
    total: 12,
    done: 7,
    trained: 6,
    skipped: [{ service: "order-service", metric: "err", reason: "31 of 50 samples" }],
    failed: [],
    held_back: [],
    force: false,
    detail: "",
    ...change,
  };
}
