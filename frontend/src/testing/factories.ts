/** Small, whole examples of the wire's objects; each test says only what matters to it. */
import type {
  Changes,
  History,
  IncidentDetail,
  IncidentList,
  IncidentSummary,
  LogEntry,
  LogRow,
  Logs,
  LogTemplate,
  MetricChange,
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

export function logsOf(change: Partial<Logs> = {}): Logs {
  const lines = change.lines ?? [lineOf(0)];
  return {
    service: "payment-service",
    event_ts: at(0),
    start: at(-60),
    end: at(30),
    total: lines.length,
    truncated: false,
    lines,
    sources: [{ path: "logs/payment.log", state: "reading", detail: "", lines: 1_204 }],
    ...change,
  };
}

export function rowOf(id: number, change: Partial<LogRow> = {}): LogRow {
  return {
    id,
    timestamp: at(id - 100),
    service: "payment-service",
    level: "INFO",
    message: `payment ${id} accepted`,
    logger: "shop.payment.PaymentController",
    thread: "http-nio-8082-exec-3",
    trace_id: "",
    stack_trace: "",
    cut: false,
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

export function modelOf(service: string, metric: string, change: Partial<ModelStatus> = {}): ModelStatus {
  return {
    service,
    metric,
    state: "ready",
    reason: "",
    have: 240,
    need: 50,
    eta: null,
    trained_at: at(-3_600),
    window: 172_800,
    samples: 240,
    version: "20261121T130211Z",
    expected: { low: 20, high: 54 },
    ...change,
  };
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
    detail: "",
    ...change,
  };
}

export function metricChangeOf(change: Partial<MetricChange> = {}): MetricChange {
  return {
    service: "payment-service",
    metric: "lat",
    title: "p99 latency",
    unit: "milliseconds",
    score: 312.4,
    notable: true,
    direction: "up",
    usual: 36.2,
    spread: 10.8,
    extreme: 3_412,
    extreme_at: at(-120),
    readings_before: 120,
    readings: 36,
    query: "histogram_quantile(0.99, sum by (le, service) (rate(http_server_requests_seconds_bucket[1m])))",
    ...change,
  };
}

export function templateOf(change: Partial<LogTemplate> = {}): LogTemplate {
  return {
    service: "payment-service",
    level: "ERROR",
    logger: "shop.payment.Ledger",
    template: "upstream timeout after <*> connection pool exhausted <*>",
    cause: "java.sql.SQLTransientConnectionException",
    count: 41,
    before: 0,
    new: true,
    news: 0.98,
    reason: "ERROR, new since 14:02:09 UTC: not seen in the 10 min before",
    first_seen: at(-180),
    last_seen: at(-10),
    example: 4_200,
    ...change,
  };
}

export function changesOf(change: Partial<Changes> = {}, now = NOW): Changes {
  return {
    service: "payment-service",
    range: { start: at(-180, now), end: at(0, now) },
    compared_with: { start: at(-780, now), end: at(-180, now) },
    metrics: [
      metricChangeOf({ extreme_at: at(-120, now) }),
      metricChangeOf({
        metric: "err",
        title: "Error rate",
        unit: "percent",
        score: null,
        usual: 0,
        spread: 0,
        extreme: 4.2,
      }),
      metricChangeOf({
        metric: "cpu",
        title: "CPU",
        unit: "percent",
        score: 2.1,
        notable: false,
        usual: 30,
        spread: 4,
        extreme: 38.4,
      }),
    ],
    others: [metricChangeOf({ service: "order-service", score: 44.1, usual: 51, spread: 12, extreme: 580 })],
    others_compared: 28,
    others_skipped: "",
    not_compared: [
      {
        service: "payment-service",
        metric: "mem",
        reason: "no reading in the range, or fewer than 5 in the window before it",
      },
    ],
    templates: [
      templateOf(),
      templateOf({
        level: "WARN",
        template: "retrying card <*>",
        cause: "",
        count: 88,
        before: 9,
        new: false,
        news: 0.6,
        reason: "WARN, 9.8× its usual rate (88 lines in 3 min)",
      }),
    ],
    templates_truncated: false,
    incidents: [
      incidentOf(240, { event_ts: at(-180, now), opened_at: at(-178, now), last_fired_at: at(-10, now) }),
    ],
    ...change,
  };
}
