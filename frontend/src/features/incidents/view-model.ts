/** What the page of one incident shows, worked out from the wire's incident. */
import { type ChartMarker, type ChartSpan, seconds } from "@/components/chart-model";
import type { Annotation, IncidentDetail, LogEntry, ReasonCard, TimelineEntry } from "@/lib/api/types";
import { formatNumber, plural } from "@/lib/format";

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

/** What happened to the service meanwhile, by name. */
export function chartMarkers(happened: readonly Annotation[]): ChartMarker[] {
  return happened.map(({ since, words }) => ({ at: seconds(since), label: words }));
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

const SIDES: Record<ReasonCard["side"], string> = {
  above: "above what is usual",
  below: "below what is usual",
  unsteady: "usual in its level, but not in how it moved",
};

export const sideWords = (side: ReasonCard["side"]) => SIDES[side];

/** From the first anomalous reading to the last that fired, in milliseconds. */
export function lastedMs(incident: Pick<IncidentDetail, "event_ts" | "last_fired_at" | "card">): number {
  const since = Date.parse(incident.card?.since ?? incident.event_ts);
  return Math.max(0, Date.parse(incident.last_fired_at) - since);
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

const STANDINGS: readonly TimelineEntry["kind"][] = [
  "opened",
  "acknowledged",
  "resolved",
  "reopened",
  "undone",
];

/** The entry that made the incident's status what it is: who, when, in whose words. */
export function newestStanding(timeline: readonly TimelineEntry[]): TimelineEntry | undefined {
  return timeline.findLast((entry) => STANDINGS.includes(entry.kind));
}

/** As long as the backend takes an act back (backend/incidents/undo.py), which has the last word. */
const UNDO_WITHIN_MS = 5 * 60_000;
const CAN_BE_UNDONE: readonly TimelineEntry["kind"][] = ["acknowledged", "resolved"];

/** The operator's newest acknowledgement or resolution while it can be taken back; `now` by the server's clock. */
export function undoable(timeline: readonly TimelineEntry[], now: number): TimelineEntry | null {
  const standing: TimelineEntry[] = [];
  for (const entry of timeline) {
    if (entry.kind === "undone") standing.pop();
    else if (STANDINGS.includes(entry.kind)) standing.push(entry);
  }
  const newest = standing.at(-1);
  if (newest?.actor !== "operator" || !CAN_BE_UNDONE.includes(newest.kind)) return null;
  return now - Date.parse(newest.at) < UNDO_WITHIN_MS ? newest : null;
}

/** The incidents before and after this one in the list it was opened from; null at an end or outside of it. */
export function neighbours(ids: readonly number[], id: number) {
  const at = ids.indexOf(id);
  if (at < 0) return { before: null, after: null, position: null };
  return { before: ids[at - 1] ?? null, after: ids[at + 1] ?? null, position: at + 1 };
}

/** Log lines as a text file: one line an entry, what explains the event marked, stack traces beneath. */
export function logsAsText(lines: readonly LogEntry[]): string {
  return lines
    .map((line) => {
      const mark = line.explains ? ">" : " ";
      const times = line.count > 1 ? ` (x ${line.count})` : "";
      const head = `${mark} ${line.timestamp} ${line.level} ${line.logger} ${line.message}${times}`;
      return `${[head, ...line.stack_trace.trimEnd().split("\n").filter(Boolean)].join("\n    ")}\n`;
    })
    .join("");
}
