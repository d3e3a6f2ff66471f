/** Whole examples of what the service and logs pages ask for: lines, templates, counts, what changed. */
import type {
  Annotation,
  Changes,
  LogHistogram,
  LogPage,
  LogRow,
  Logs,
  LogTemplate,
  LogTemplates,
  MetricChange,
} from "@/lib/api/types";
import { at, incidentOf, lineOf, NOW } from "./factories";

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

export function annotationOf(change: Partial<Annotation> = {}): Annotation {
  const words = "it was deployed: version 2.4.1";
  return { service: "payment-service", kind: "deploy", since: at(-200), words, settles_at: null, ...change };
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
    happened: [annotationOf({ since: at(-200, now) })],
    incidents: [
      incidentOf(240, { event_ts: at(-180, now), opened_at: at(-178, now), last_fired_at: at(-10, now) }),
    ],
    ...change,
  };
}

/** Lines in time order, as the API has them. */
export function linesOf(lines: LogRow[], change: Partial<LogPage> = {}): LogPage {
  return { start: at(-3_600), end: at(0), total: lines.length, lines, older: null, ...change };
}

export function histogramOf(change: Partial<LogHistogram> = {}): LogHistogram {
  const levels = { INFO: [4, 0, 6], ERROR: [0, 0, 2] };
  return { start: at(-3_600), end: at(0), step: 1_200, total: 12, levels, ...change };
}

export function templatesOf(items = [templateOf()], change: Partial<LogTemplates> = {}): LogTemplates {
  return {
    start: at(-3_600),
    end: at(0),
    compared_with: { start: at(-7_200), end: at(-3_600) },
    total: items.length,
    truncated: false,
    items,
    ...change,
  };
}
