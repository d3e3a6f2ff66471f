/** The made-up shop's incidents, and what becomes of one when an operator acts. */
import type {
  Annotations,
  IncidentDetail,
  IncidentIds,
  IncidentList,
  IncidentSummary,
  TimelineEntry,
} from "../../src/lib/api/types.ts";
import { at, incidentDetailOf, incidentListOf, incidentOf, lineOf } from "../../src/testing/factories.ts";
import { NAMES } from "./services.ts";

const COUNT = Number(process.env.FIXTURE_INCIDENTS ?? 240);
const STEP_S = 700;
/** The newest begins 3 min before the shop opens, and from then on gets older as a real one does. */
const OPENED = Date.now();

type Entries = readonly TimelineEntry[];
const METRICS = [
  { metric: "lat", metric_title: "p99 latency", unit: "milliseconds", of: "3,412 ms, expected 20–54 ms" },
  { metric: "cpu", metric_title: "CPU", unit: "percent", of: "97.2%, expected 21–48%" },
  { metric: "err", metric_title: "Error rate", unit: "percent", of: "12.4%, expected about 0%" },
] as const;

function made(id: number): IncidentSummary {
  const index = COUNT - id;
  const back = 180 + index * STEP_S;
  const service = NAMES[index === 0 ? 1 : index % 4] ?? "cart";
  const { of, ...metric } = METRICS[index % METRICS.length] ?? METRICS[0];
  const severity = index % 3 ? "High" : "Critical";
  return incidentOf(id, {
    service,
    ...metric,
    severity,
    status: index < 3 ? "OPEN" : index < 5 ? "ACKNOWLEDGED" : "RESOLVED",
    title: `${metric.metric_title} on ${service} is ${of}`,
    reason: `Opened because ${metric.metric_title} is ${severity} and the service's own model calls it anomalous.`,
    event_ts: at(-back, OPENED),
    opened_at: at(-back + 2, OPENED),
    last_fired_at: at(-back + 170, OPENED),
    updated_at: at(-back + 170, OPENED),
    resolved_at: index < 5 ? null : at(-back + 600, OPENED),
    resolve_reason: index < 5 || index % 5 ? null : "noise",
  });
}

const summaries = Array.from({ length: COUNT }, (_, index) => made(COUNT - index));
const acts = new Map<number, Entries>();

function whole(summary: IncidentSummary): IncidentDetail {
  const event = Date.parse(summary.event_ts) + 180_000;
  const quiet = Array.from({ length: 40 }, (_, line) =>
    lineOf(-240 + line * 1.5, { service: summary.service }, event),
  );
  const base = incidentDetailOf(summary.id, {}, event);
  const logs = [...quiet, ...base.logs].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  const timeline = [...base.timeline, ...(acts.get(summary.id) ?? [])];
  return { ...base, ...summary, logs, timeline };
}

const LARGEST_ID = 2n ** 63n - 1n;

/** What the backend's validator says of a number that no incident can have; empty for one that it can. */
export function impossibleId(id: string): string {
  const should = "path.incident_id: Input should be";
  if (BigInt(id) < 1n) return `${should} greater than or equal to 1`;
  return BigInt(id) > LARGEST_ID ? `${should} less than or equal to ${LARGEST_ID}` : "";
}

const find = (id: number) => summaries.find((each) => each.id === id);

export function incident(id: number): IncidentDetail | null {
  const summary = find(id);
  return summary ? whole(summary) : null;
}

type Words = Record<string, unknown>;
const FROM: Record<string, readonly string[]> = {
  acknowledge: ["OPEN"],
  resolve: ["OPEN", "ACKNOWLEDGED"],
  reopen: ["RESOLVED"],
  undo: ["ACKNOWLEDGED", "RESOLVED"],
};

function change(summary: IncidentSummary, action: string, body: Words, now: number): void {
  const words = String(body.comment ?? body.text ?? body.answer ?? "");
  const entry = (kind: TimelineEntry["kind"], text = words) => {
    const made: TimelineEntry = { at: at(0, now), kind, actor: "operator", text };
    acts.set(summary.id, [...(acts.get(summary.id) ?? []), made]);
  };
  const open = { resolved_at: null, resolve_reason: null };
  if (action === "acknowledge") {
    Object.assign(summary, { status: "ACKNOWLEDGED" });
    entry("acknowledged", "Acknowledged.");
  } else if (action === "resolve") {
    const reason = body.reason ?? null;
    Object.assign(summary, { status: "RESOLVED", resolved_at: at(0, now), resolve_reason: reason });
    entry("resolved", words ? `Resolved: ${words}` : "Resolved.");
  } else if (action === "reopen" || action === "undo") {
    Object.assign(summary, { status: "OPEN", ...open });
    entry(
      action === "undo" ? "undone" : "reopened",
      action === "undo" ? "Taken back after 2 s." : "Reopened.",
    );
  } else if (action === "comments") entry("comment");
  else {
    Object.assign(summary, { feedback: body.answer });
    entry("feedback", `Was this right? ${words}.`);
  }
}

/** Why the act is not allowed now; empty where it is. */
function refusal(id: number, action: string): string {
  const status = find(id)?.status;
  if (!status) return `There is no incident #${id}.`;
  const allowed = FROM[action];
  if (!allowed || allowed.includes(status)) return "";
  return `Incident #${id} is ${status.toLowerCase()}, so it cannot be ${action}d.`;
}

/** The incident after an operator's action, or why not; null when there is none of that number. */
export function act(id: number, action: string, body: Words, now: number): IncidentDetail | string | null {
  const summary = find(id);
  if (!summary) return null;
  const refused = refusal(id, action);
  if (refused) return refused;
  change(summary, action, body, now);
  return whole(summary);
}

export function actOnMany(body: Words, now: number) {
  const ids = body.ids as number[];
  const action = String(body.action);
  const refused = ids.flatMap((id) => {
    const detail = refusal(id, action);
    return detail ? [{ id, detail }] : [];
  });
  const changed = ids.filter((id) => !refused.some((each) => each.id === id));
  for (const id of changed) change(find(id) as IncidentSummary, action, body, now);
  return { changed, refused };
}

const STATUS_RANK = { OPEN: 2, ACKNOWLEDGED: 1, RESOLVED: 0 };
const SEVERITY_RANK = { Critical: 2, High: 1, Normal: 0 };
const urgency = (each: IncidentSummary) => STATUS_RANK[each.status] * 10 + SEVERITY_RANK[each.severity];

function fitting(query: URLSearchParams): IncidentSummary[] {
  const fits = (name: keyof IncidentSummary, value: unknown) =>
    !query.has(name) || query.getAll(name).includes(String(value));
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const [start, end] = [query.get("start") ?? "", query.get("end") ?? "9"];
  const found = summaries.filter(
    (each) =>
      fits("service", each.service) &&
      fits("metric", each.metric) &&
      each.last_fired_at >= start &&
      each.event_ts <= end &&
      words.every((word) => each.title.toLowerCase().includes(word) || word === `#${each.id}`),
  );
  const sort = query.get("sort") ?? "urgency";
  const order: Record<string, (a: IncidentSummary, b: IncidentSummary) => number> = {
    urgency: (a, b) => urgency(b) - urgency(a) || b.id - a.id,
    opened_at: (a, b) => a.id - b.id,
    "-severity": (a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || b.id - a.id,
    service: (a, b) => a.service.localeCompare(b.service) || a.id - b.id,
  };
  return found.sort(order[sort] ?? ((a, b) => b.id - a.id));
}

const chosen = (query: URLSearchParams) => (each: IncidentSummary) =>
  (!query.has("status") || query.getAll("status").includes(each.status)) &&
  (!query.has("severity") || query.getAll("severity").includes(each.severity));

/** One page of those that fit the query. */
export function incidentList(query: URLSearchParams): IncidentList {
  const all = fitting(query);
  const found = all.filter(chosen(query));
  const from = Number(query.get("cursor") ?? query.get("offset") ?? 0);
  const to = from + Number(query.get("limit") ?? 50);
  return {
    ...incidentListOf(all),
    items: found.slice(from, to),
    total: found.length,
    next_cursor: to < found.length ? String(to) : null,
  };
}

export function incidentIds(query: URLSearchParams): IncidentIds {
  const found = fitting(query).filter(chosen(query));
  return { ids: found.map((each) => each.id), total: found.length };
}

/** One deploy, a minute before the newest incident. */
export function annotations(query: URLSearchParams, now: number): Annotations {
  const since = at(-240, OPENED);
  const [start, end] = [query.get("start") ?? at(-86_400, now), query.get("end") ?? at(0, now)];
  const fits = since >= start && since <= end && query.get("service") === NAMES[1];
  const kind = "deploy" as const;
  const deploy = {
    service: NAMES[1] ?? "",
    kind,
    since,
    words: "version 2.4.1 was deployed",
    settles_at: null,
  };
  return { start, end, items: fits ? [deploy] : [], truncated: false };
}
