/** A made-up shop in the API's shapes: eight services, one of them in trouble, and its incidents. */
import type {
  History,
  IncidentDetail,
  IncidentSummary,
  Logs,
  OverviewService,
  RetrainJob,
} from "../src/lib/api/types.ts";
import {
  at,
  incidentDetailOf,
  incidentOf,
  jobOf,
  lineOf,
  metricOf,
  modelOf,
  overviewOf,
  serviceOf,
} from "../src/testing/factories.ts";

export const POLL_MS = 2_000;
const NAMES = [
  "order-service",
  "payment-service",
  "inventory-service",
  "checkout",
  "cart",
  "ledger",
  "search",
  "email",
];

/** A wobble that looks like traffic and is the same each time it is asked. */
const wobble = (seed: number, time: number) =>
  Math.sin(time / 9 + seed) * 5 + Math.sin(time / 2.3 + seed * 7) * 3;

function service(name: string, index: number, now: number): OverviewService {
  const tick = Math.floor(now / POLL_MS);
  const recent = (base: number, seed: number) =>
    Array.from({ length: 40 }, (_, step) => Math.max(0, base + wobble(seed + index, tick - 39 + step)));
  const metric = (title: string, unit: string, base: number, seed: number) => {
    const values = recent(base, seed);
    return metricOf({
      title,
      unit,
      value: values.at(-1) ?? base,
      recent: values,
      expected: { low: base - 9, high: base + 9 },
      event_ts: at(-1, now),
    });
  };
  const made = serviceOf(name, {
    metrics: {
      cpu: metric("CPU", "percent", 30, 1),
      mem: metric("Memory", "percent", 46, 2),
      lat: metric("p99 latency", "milliseconds", 35, 3),
      err: metricOf({
        title: "Error rate",
        unit: "percent",
        value: 0,
        recent: Array(40).fill(0),
        expected: { low: 0, high: 1 },
      }),
    },
  });
  const { lat, err, mem } = made.metrics;
  if (name === "payment-service" && lat) {
    const bad = { value: 3_412, severity: "Critical", prediction: "Anomaly", score: 0.97 } as const;
    Object.assign(lat, bad, { recent: [...lat.recent.slice(0, 34), 400, 1_800, 2_900, 3_100, 3_300, 3_412] });
    lat.reasons = ["63× the top of the expected range", "Critical from 3,000 ms"];
    Object.assign(made, { severity: "Critical", open_incidents: 2 });
  }
  if (name === "order-service" && mem) {
    Object.assign(mem, { value: 88.4, severity: "High", prediction: "Anomaly", reasons: ["above 85 %"] });
    Object.assign(made, { severity: "High", open_incidents: 1 });
  }
  if (name === "search" && err) {
    Object.assign(err, {
      state: "no_model",
      prediction: "Unknown",
      expected: null,
      score: null,
      reasons: ["31 of 50 samples"],
    });
  }
  if (name === "ledger") {
    made.blind = true;
    for (const each of Object.values(made.metrics)) {
      Object.assign(each, {
        state: "stale",
        value: null,
        prediction: "Unknown",
        reasons: ["no sample since 13:58:02"],
      });
    }
  }
  return made;
}

function many(now: number): OverviewService[] {
  const rank = { Critical: 0, High: 1, Normal: 2 };
  const extra = Number(process.env.FIXTURE_SERVICES ?? NAMES.length) - NAMES.length;
  const names = [...NAMES, ...Array.from({ length: Math.max(0, extra) }, (_, index) => `service-${index}`)];
  return names
    .map((name, index) => service(name, index, now))
    .sort((a, b) => rank[a.severity] - rank[b.severity]);
}

const acted = new Map<number, IncidentDetail>();

function incidents(now: number): IncidentSummary[] {
  return Array.from({ length: 240 }, (_, index) => {
    const id = 240 - index;
    const known = acted.get(id);
    if (known) return known;
    const back = 180 + index * 700;
    return incidentOf(id, {
      service: NAMES[index === 0 ? 1 : index % 4] ?? "cart",
      severity: index % 3 ? "High" : "Critical",
      status: index < 3 ? "OPEN" : index < 5 ? "ACKNOWLEDGED" : "RESOLVED",
      title: `p99 latency of ${NAMES[index === 0 ? 1 : index % 4]} is far above its expected range`,
      event_ts: at(-back, now),
      opened_at: at(-back + 2, now),
      last_fired_at: at(-back + 170, now),
      updated_at: at(-back + 170, now),
      resolved_at: index < 5 ? null : at(-back + 600, now),
    });
  });
}

export function incident(id: number, now: number): IncidentDetail | null {
  const summary = incidents(now).find((each) => each.id === id);
  if (!summary) return null;
  const quiet = Array.from({ length: 40 }, (_, line) => lineOf(-240 + line * 1.5, {}, now));
  const base = incidentDetailOf(id, {}, now);
  const logs = [...quiet, ...base.logs].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  return acted.get(id) ?? { ...base, ...summary, logs };
}

/** The incident after an operator's action; null when there is none of that number. */
export function act(
  id: number,
  action: string,
  body: Record<string, string>,
  now: number,
): IncidentDetail | null {
  const before = incident(id, now);
  if (!before) return null;
  const text = body.comment ?? body.text ?? body.answer ?? "";
  const entry = (kind: IncidentDetail["timeline"][number]["kind"]) => [
    ...before.timeline,
    { at: at(0, now), kind, actor: "operator" as const, text },
  ];
  const changes: Record<string, () => Partial<IncidentDetail>> = {
    acknowledge: () => ({ status: "ACKNOWLEDGED", timeline: entry("acknowledged") }),
    resolve: () => ({ status: "RESOLVED", resolved_at: at(0, now), timeline: entry("resolved") }),
    reopen: () => ({ status: "OPEN", resolved_at: null, timeline: entry("reopened") }),
    comments: () => ({ timeline: entry("comment") }),
    feedback: () => ({ feedback: body.answer as IncidentDetail["feedback"], timeline: entry("feedback") }),
  };
  const after = { ...before, ...changes[action]?.() };
  acted.set(id, after);
  return after;
}

function history(query: URLSearchParams, now: number): History {
  const start = Date.parse(query.get("start") ?? at(-3_600, now));
  const end = Math.min(now, Date.parse(query.get("end") ?? at(0, now)));
  const slow = query.get("metric") === "lat" && query.get("service") === "payment-service";
  const points: History["points"] = [];
  for (let time = start; time < end; time += Math.max(5_000, (end - start) / 400)) {
    const bad = slow && now - time < 180_000;
    points.push({
      timestamp: new Date(time).toISOString(),
      value: bad ? 3_200 + wobble(1, time / 1_000) * 20 : 36 + wobble(3, time / 5_000),
      prediction: bad ? "Anomaly" : "Normal",
      severity: bad ? "Critical" : "Normal",
      score: bad ? 0.97 : 0.3,
    });
  }
  const units: Record<string, string> = { lat: "milliseconds" };
  const metric = query.get("metric") ?? "lat";
  return {
    service: query.get("service") ?? "",
    metric,
    unit: units[metric] ?? "percent",
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    total: points.length,
    downsampled: false,
    expected: { low: 26, high: 46 },
    high: slow ? 1_000 : 85,
    critical: slow ? 3_000 : 95,
    points,
  };
}

function logs(query: URLSearchParams, now: number): Logs {
  const event = query.get("event_ts") ?? at(0, now);
  const lines = incidentDetailOf(1, {}, Date.parse(event) + 180_000).logs;
  return {
    service: query.get("service") ?? "",
    event_ts: event,
    start: new Date(Date.parse(event) - 60_000).toISOString(),
    end: new Date(Date.parse(event) + 30_000).toISOString(),
    total: lines.length,
    truncated: false,
    lines,
    sources: [{ path: "logs/payment-service.log", state: "reading", detail: "", lines: 1_204 }],
  };
}

let job: RetrainJob | null = null;

/** The job started, or null while one runs. */
export function retrain(now: number): RetrainJob | null {
  if (job?.state === "running") return null;
  job = jobOf({ started_at: at(0, now), done: 0, trained: 0 });
  return job;
}

function progress(now: number): RetrainJob | null {
  if (job?.state === "running") {
    job = {
      ...job,
      done: Math.min(job.total, job.done + 3),
      trained: Math.min(job.total - 1, job.trained + 3),
    };
    if (job.done === job.total) job = { ...job, state: "done", finished_at: at(0, now) };
  }
  return job;
}

type Query = URLSearchParams;

/** What each GET answers. */
export const READS: Record<string, (query: Query, now: number) => unknown> = {
  "/services": (_, now) =>
    many(now)
      .map((each) => each.service)
      .sort(),
  "/overview": (_, now) => overviewOf(many(now), { timestamp: at(-1, now), open_incidents: 5 }),
  "/metrics": (query, now) => {
    const found = many(now).find((each) => each.service === query.get("service"));
    return found && { service: found.service, timestamp: at(-1, now), metrics: found.metrics };
  },
  "/metrics/history": history,
  "/logs": logs,
  "/incidents": (query, now) => {
    const fits = (name: keyof IncidentSummary, value: unknown) =>
      !query.has(name) || query.getAll(name).includes(String(value));
    const found = incidents(now).filter(
      (each) =>
        fits("service", each.service) &&
        fits("status", each.status) &&
        fits("severity", each.severity) &&
        each.title.includes(query.get("q") ?? ""),
    );
    const from = Number(query.get("cursor") ?? 0);
    const to = from + Number(query.get("limit") ?? 50);
    return {
      items: found.slice(from, to),
      total: found.length,
      next_cursor: to < found.length ? String(to) : null,
    };
  },
  "/models": (_, now) => ({
    items: many(now).flatMap((each) => [
      modelOf(each.service, "cpu", { trained_at: at(-3_600, now) }),
      each.service === "search"
        ? modelOf("search", "err", {
            state: "warming_up",
            have: 31,
            trained_at: null,
            samples: null,
            expected: null,
            version: null,
            eta: at(120, now),
          })
        : modelOf(each.service, "lat", { trained_at: at(-3_600, now) }),
    ]),
  }),
  "/retrain": (_, now) => progress(now),
  "/ready": () => ({ ready: true, dependencies: { prometheus: { state: "ok", detail: "", since: null } } }),
};
