/** What the incident list shows, worked out from its address: filters and time range. */
import type { IncidentSummary, Severity, Status } from "@/lib/api/types";
import { serverNow } from "@/lib/clock";
import { leftOut, oneOf } from "@/lib/left-out";
import { moment, parseSpan } from "@/lib/time-range";

export const SEVERITIES = ["Critical", "High"] as const satisfies readonly Severity[];
export const STATUSES = ["OPEN", "ACKNOWLEDGED", "RESOLVED"] as const satisfies readonly Status[];

export const SORTS = [
  { value: "urgency", label: "Most urgent" },
  { value: "-opened_at", label: "Newest" },
  { value: "opened_at", label: "Oldest" },
  { value: "-updated_at", label: "Last changed" },
  { value: "-severity", label: "Most severe" },
  { value: "service", label: "Service" },
] as const;

export const SPANS = [
  { value: "1h", label: "Last hour" },
  { value: "6h", label: "Last 6 hours" },
  { value: "1d", label: "Last day" },
  { value: "1w", label: "Last week" },
  { value: "30d", label: "Last 30 days" },
] as const;

export interface ListFilters {
  service?: string[];
  metric?: string[];
  severity?: Severity[];
  status?: Status[];
  q?: string;
  /** "6h": up to now, whenever the list is asked for. */
  last?: string;
  /** RFC 3339. */
  from?: string;
  to?: string;
  sort: string;
}

/** The parameters of an address that choose incidents; others belong to the page they stand on. */
export const FILTER_NAMES = [
  "service",
  "metric",
  "severity",
  "status",
  "q",
  "last",
  "from",
  "to",
  "sort",
] as const;

function chosen<T extends string>(search: URLSearchParams, name: string, allowed: readonly T[]): T[] {
  const asked = search.getAll(name);
  return allowed.filter((value) => asked.includes(value));
}

/** The address's filters; what the address says wrongly is left out. */
export function filtersOf(search: URLSearchParams): ListFilters {
  const service = search.getAll("service").filter(Boolean);
  const metric = search.getAll("metric").filter(Boolean);
  const severity = chosen(search, "severity", SEVERITIES);
  const status = chosen(search, "status", STATUSES);
  const q = search.get("q") ?? "";
  const last = search.get("last") ?? "";
  const [from, to] = [moment(search.get("from")), moment(search.get("to"))];
  return {
    ...(service.length && { service }),
    ...(metric.length && { metric }),
    ...(severity.length && { severity }),
    ...(status.length && { status }),
    ...(q && { q }),
    ...(parseSpan(last) ? { last } : { ...(from && { from }), ...(to && { to }) }),
    sort: SORTS.find((each) => each.value === search.get("sort"))?.value ?? "urgency",
  };
}

const CHECKS = {
  severity: oneOf(SEVERITIES),
  status: oneOf(STATUSES),
  sort: oneOf(SORTS.map(({ value }) => value)),
  last: (text: string) => parseSpan(text) !== null,
  from: (text: string) => moment(text) !== null,
  to: (text: string) => moment(text) !== null,
};

/** What of an address `filtersOf` leaves out, as it stands there. */
export const leftOutOf = (search: URLSearchParams) => leftOut(search, CHECKS);

export function isFiltered({ sort: _sort, ...filters }: ListFilters): boolean {
  return Object.keys(filters).length > 0;
}

/** The filters as the API takes them; "the last hour" becomes two times only now. */
export function apiFilters({ last, from, to, ...filters }: ListFilters) {
  const span = last ? parseSpan(last) : null;
  const start = span ? new Date(serverNow() - span).toISOString() : from;
  return { ...filters, ...(start && { start }), ...(to && { end: to }) };
}

/** The part of an address that an incident takes along, so that its neighbours and the way back are known. */
export function listSearch(search: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of FILTER_NAMES) for (const value of search.getAll(name)) kept.append(name, value);
  const text = kept.toString();
  return text && `?${text}`;
}

/** The ids from one row to another, both included, in either direction; null where one is not among `ids`. */
export function between(ids: readonly number[], one: number, other: number): number[] | null {
  const ends = [ids.indexOf(one), ids.indexOf(other)].sort((a, b) => a - b);
  const [from = -1, to = -1] = ends;
  return from < 0 ? null : ids.slice(from, to + 1);
}

/** The CSV's columns; one row an incident. */
export const CSV_HEAD = [
  "id",
  "status",
  "severity",
  "service",
  "metric",
  "title",
  "event",
  "opened",
  "last fired",
  "resolved",
  "resolved as",
  "was this right",
  "reason",
] as const;

export function csvRow(incident: IncidentSummary) {
  return [
    incident.id,
    incident.status,
    incident.severity,
    incident.service,
    incident.metric,
    incident.title,
    incident.event_ts,
    incident.opened_at,
    incident.last_fired_at,
    incident.resolved_at,
    incident.resolve_reason,
    incident.feedback,
    incident.reason,
  ];
}
