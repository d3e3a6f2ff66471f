/** The service page's address and words: what is selected, what changed in it, what lies along the charts. */
import {
  type ChartBand,
  type ChartMarker,
  type ChartSpan,
  SEVERITY_TONES,
  seconds,
} from "@/components/chart-model";
import type { Annotation, Changes, IncidentSummary, MetricChange } from "@/lib/api/types";
import { formatCount, formatNumber, formatValue, plural } from "@/lib/format";
import { leftOut } from "@/lib/left-out";
import { moment, rangeChecks, type TimeRange } from "@/lib/time-range";

/** The stretch that was dragged over; RFC 3339. */
export interface Selection {
  from: string;
  to: string;
}

const SEPARATOR = "_";

/** `?sel=from_to`; null where it says nothing. */
export function readSelection(search: URLSearchParams): Selection | null {
  const [from, to] = (search.get("sel") ?? "").split(SEPARATOR).map(moment);
  return from && to && from < to ? { from, to } : null;
}

/** Whole seconds, so that the link stays short. */
export function writeSelection(from: number, to: number): string {
  const text = (time: number) => new Date(time * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
  return `${text(Math.floor(from))}${SEPARATOR}${text(Math.max(Math.ceil(to), Math.floor(from) + 1))}`;
}

export function readPicked(search: URLSearchParams): string | null {
  return moment(search.get("at"));
}

/** What of an address this page cannot show, as it stands there. */
export function leftOutOf(search: URLSearchParams, range: TimeRange): string[] {
  return leftOut(search, {
    ...rangeChecks(range),
    sel: () => readSelection(search) !== null,
    at: () => readPicked(search) !== null,
  });
}

export function selectionSpan(selection: Selection | null): ChartSpan | null {
  return selection && { from: seconds(selection.from), to: seconds(selection.to) };
}

/** The metric's own incidents along the foot of its chart. */
export function incidentBands(incidents: readonly IncidentSummary[], metric: string): ChartBand[] {
  return incidents
    .filter((incident) => incident.metric === metric)
    .map((incident) => ({
      from: seconds(incident.event_ts),
      to: seconds(incident.last_fired_at),
      label: `incident #${incident.id}`,
      tone: SEVERITY_TONES[incident.severity],
    }));
}

export function markersOf(happened: readonly Annotation[]): ChartMarker[] {
  return happened.map(({ since, words }) => ({ at: seconds(since), label: words }));
}

/** "63× its usual spread"; a metric that was always zero has no spread to count in. */
export function scoreText(change: MetricChange): string {
  if (change.score === null) return "it was always 0 before";
  return `${formatNumber(change.score)}× its usual spread`;
}

/** "34 ms → 3,412 ms". */
export function movedText(change: MetricChange): string {
  return `${formatValue(change.usual, change.unit)} → ${formatValue(change.extreme, change.unit)}`;
}

/** One sentence for the whole of it. */
export function changesSentence(changes: Changes): string {
  const [most] = changes.metrics;
  const moved = changes.metrics.filter((change) => change.notable).length;
  const parts: string[] = [];
  if (most?.notable) {
    const verb = most.direction === "down" ? "fell" : "rose";
    parts.push(`${most.title} ${verb} to ${formatValue(most.extreme, most.unit)} (${scoreText(most)})`);
    if (moved > 1) parts.push(`${formatCount(moved - 1)} more of its metrics moved`);
  } else parts.push("No metric of this service moved more than noise does");
  if (changes.others.length) parts.push(`${plural(changes.others.length, "metric")} elsewhere moved`);
  if (changes.templates.length) parts.push(`the logs say ${plural(changes.templates.length, "new thing")}`);
  if (changes.happened.length) parts.push(changesHappened(changes));
  if (changes.incidents.length) parts.push(`${plural(changes.incidents.length, "incident")} fired`);
  return `${parts.join("; ")}.`;
}

function changesHappened({ service, happened }: Changes): string {
  const [first] = happened;
  if (happened.length > 1 || !first) return `${happened.length} restarts or deploys`;
  return `${first.service === service ? "" : `${first.service}: `}${first.words}`;
}

/** The numbers and the query by which anyone can check a change, as text to paste. */
export function evidenceText(change: MetricChange, changes: Changes): string {
  return [
    `${change.title} of ${change.service}`,
    `query: ${change.query}`,
    `range: ${changes.range.start} to ${changes.range.end} (${change.readings} readings)`,
    `before: ${changes.compared_with.start} to ${changes.compared_with.end} (${change.readings_before} readings)`,
    `median before: ${change.usual}`,
    `spread, max(IQR / 1.349, 0.1 % of |median|): ${change.spread}`,
    `farthest value: ${change.extreme} at ${change.extreme_at}`,
    `score, |farthest - median| / spread: ${change.score ?? "infinite"}`,
  ].join("\n");
}
