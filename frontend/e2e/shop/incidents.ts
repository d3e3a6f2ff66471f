/** The made-up shop's incidents, and what becomes of one when an operator acts. */
import type { IncidentDetail, IncidentList, IncidentSummary } from "../../src/lib/api/types.ts";
import { at, incidentDetailOf, incidentOf, lineOf } from "../../src/testing/factories.ts";
import { NAMES } from "./services.ts";

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

/** One page of those that fit the query. */
export function incidentList(query: URLSearchParams, now: number): IncidentList {
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
}
