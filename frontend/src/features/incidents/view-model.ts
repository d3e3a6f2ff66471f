/** What the incident pages show, worked out from the wire's incidents and the address. */
import { type ChartSpan, seconds } from "@/components/chart-model";
import type { IncidentFilters } from "@/lib/api/queries";
import type { IncidentDetail, LogEntry, Severity, Status } from "@/lib/api/types";
import { formatNumber, plural } from "@/lib/format";

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

const PAGE_SIZE = 100;

function chosen<T extends string>(search: URLSearchParams, name: string, allowed: readonly T[]): T[] {
  const asked = search.getAll(name);
  return allowed.filter((value) => asked.includes(value));
}

/** The address's filters; what the address says wrongly is left out. */
export function filtersOf(search: URLSearchParams): IncidentFilters {
  const service = search.getAll("service").filter(Boolean);
  const metric = search.getAll("metric").filter(Boolean);
  const severity = chosen(search, "severity", SEVERITIES);
  const status = chosen(search, "status", STATUSES);
  const q = search.get("q") ?? "";
  const sort = SORTS.find((each) => each.value === search.get("sort"))?.value ?? "urgency";
  return {
    ...(service.length && { service }),
    ...(metric.length && { metric }),
    ...(severity.length && { severity }),
    ...(status.length && { status }),
    ...(q && { q }),
    sort,
    limit: PAGE_SIZE,
  };
}

export function isFiltered({ sort: _sort, limit: _limit, ...filters }: IncidentFilters): boolean {
  return Object.keys(filters).length > 0;
}

const BEFORE_MS = 30 * 60_000;
const AFTER_MS = 15 * 60_000;

/** From half an hour before the event to a quarter after it last fired; open-ended while that is to come. */
export function chartRange(
  incident: Pick<IncidentDetail, "event_ts" | "last_fired_at">,
  now: number,
): { start: string; end?: string } {
  const event = Date.parse(incident.event_ts);
  const end = Math.max(event, Date.parse(incident.last_fired_at)) + AFTER_MS;
  const start = new Date(event - BEFORE_MS).toISOString();
  return end > now ? { start } : { start, end: new Date(end).toISOString() };
}

/** The time the incident's own readings were unusual. */
export function incidentSpan(incident: Pick<IncidentDetail, "event_ts" | "last_fired_at">): ChartSpan {
  const from = seconds(incident.event_ts);
  return { from, to: Math.max(from, seconds(incident.last_fired_at)) };
}

type Reading = IncidentDetail["readings"][number];

/** The reading that opened the incident, or the nearest kept one. */
export function eventReading(incident: Pick<IncidentDetail, "event_ts" | "readings">): Reading | null {
  const event = Date.parse(incident.event_ts);
  const distance = (reading: Reading) => Math.abs(Date.parse(reading.timestamp) - event);
  return incident.readings.reduce<Reading | null>(
    (best, reading) => (best && distance(best) <= distance(reading) ? best : reading),
    null,
  );
}

/** "15× the top of what was expected", "within what was expected"; empty without an expected range. */
export function distanceWords(reading: Reading): string {
  const { expected, value } = reading;
  if (!expected) return "";
  if (value >= expected.low && value <= expected.high) return "inside the range, but unusual in how it moved";
  if (value > expected.high && expected.high > 0) {
    return `${formatNumber(value / expected.high)}× the top of the range`;
  }
  return value > expected.high ? "above the range" : "below the range";
}

/** "3 of 42 lines explain this". Joined lines count as often as they were written. */
export function logCounts(lines: readonly LogEntry[]): string {
  const written = lines.reduce((sum, line) => sum + line.count, 0);
  const marked = lines.filter((line) => line.explains).reduce((sum, line) => sum + line.count, 0);
  if (marked > 0) return `${marked} of ${plural(written, "line")} explain this`;
  return written === 1
    ? "1 line, which does not explain this"
    : `${written} lines, none of which explains this`;
}
