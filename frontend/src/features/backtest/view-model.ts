/** A backtest in words, in an address and in a chart. */
import { type ChartBand, type ChartPoint, SEVERITY_TONES, seconds } from "@/components/chart-model";
import type {
  Backtest,
  BacktestBody,
  BacktestSeries,
  BacktestTotals,
  Outcome,
  WouldFire,
} from "@/lib/api/types";
import type { Cell } from "@/lib/download";
import { formatDuration, formatNumber, plural } from "@/lib/format";
import { leftOut, oneOf } from "@/lib/left-out";
import { rangeChecks, spanText, type TimeRange } from "@/lib/time-range";

export const WORDS = ["low", "medium", "high"] as const;
export const POLICIES = {
  threshold_and_model: "threshold and model",
  model: "model alone",
  threshold: "threshold alone",
  either: "threshold or model",
} as const;
export const DETECTORS = { view_forest: "view forest", isolation_forest: "isolation forest" } as const;

type Policy = keyof typeof POLICIES;
type Detector = keyof typeof DETECTORS;
export type Sensitivity = NonNullable<BacktestBody["sensitivity"]>;

const isKeyOf = <T extends object>(known: T, key: string | null): key is string & keyof T =>
  key !== null && Object.hasOwn(known, key);

/** "low", "0.62": what an address or a field says; null for anything that is no sensitivity. */
export function parseSensitivity(text: string | null): Sensitivity | null {
  const word = WORDS.find((each) => each === text);
  if (word) return word;
  const score = text?.trim() ? Number(text) : Number.NaN;
  return score > 0 && score < 1 ? score : null;
}

export interface Question {
  service: string;
  metric: string;
  sensitivity: Sensitivity | null;
  policy: Policy | null;
  detector: Detector | null;
}

export function readQuestion(search: URLSearchParams): Question {
  const [policy, detector] = [search.get("policy"), search.get("detector")];
  return {
    service: search.get("service") ?? "",
    metric: search.get("metric") ?? "",
    sensitivity: parseSensitivity(search.get("sensitivity")),
    policy: isKeyOf(POLICIES, policy) ? policy : null,
    detector: isKeyOf(DETECTORS, detector) ? detector : null,
  };
}

/** What of an address `readQuestion` and the range leave out, as it stands there. */
export function leftOutOf(search: URLSearchParams, range: TimeRange): string[] {
  return leftOut(search, {
    ...rangeChecks(range),
    sensitivity: (text) => parseSensitivity(text) !== null,
    policy: oneOf(Object.keys(POLICIES)),
    detector: oneOf(Object.keys(DETECTORS)),
  });
}

export function requestOf(question: Question, range: TimeRange): BacktestBody {
  const { service, metric, ...judging } = question;
  const between = range.kind === "between";
  return {
    service: service || null,
    metric: metric || null,
    start: between ? range.start : spanText(range.milliseconds),
    end: between ? range.end : null,
    ...judging,
  };
}

export function progressText(backtest: Backtest, now: number): string {
  if (backtest.phase === "fetching") return "Fetching the readings from Prometheus.";
  const left = backtest.eta ? `, about ${formatDuration(Date.parse(backtest.eta) - now)} left` : "";
  return `${backtest.done} of ${plural(backtest.total, "pair")} replayed${left}.`;
}

/** "all services, p99 latency, 14 d": what it was asked about. */
export function scopeText(backtest: Backtest): string {
  const span = formatDuration(Date.parse(backtest.end) - Date.parse(backtest.start));
  return `${backtest.service ?? "all services"}, ${backtest.metric ?? "all metrics"}, ${span}`;
}

export const perWeek = (outcome: Outcome) => `${formatNumber(outcome.alerts_per_week)} a week`;

/** What came out, in one sentence or two. */
export function verdictText(totals: BacktestTotals): string {
  const { present, asked } = totals;
  const now = `The present settings would have opened ${plural(present.incidents, "incident")}, ${perWeek(present)}`;
  if (!asked) return `${now}.`;
  const change =
    totals.appears || totals.vanishes
      ? `${totals.appears} appear and ${totals.vanishes} vanish`
      : "the same ones";
  return `${now}; those asked about ${asked.incidents}, ${perWeek(asked)}: ${change}.`;
}

export function foundText(totals: BacktestTotals): string {
  if (!totals.real) return "No incident was open in this range, so there is nothing to find again.";
  const asked = totals.found_asked === null ? "" : `; the settings asked about find ${totals.found_asked}`;
  return `Of ${plural(totals.real, "incident")} that did open, the present settings find ${totals.found}${asked}.`;
}

/** What the server said of its end, which is no whole sentence. */
export const sentence = (detail: string) => `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;

export const CHANGES: Record<WouldFire["change"], string> = {
  same: "stays",
  appears: "appears",
  vanishes: "vanishes",
};

export function incidentBands(series: BacktestSeries): ChartBand[] {
  return series.incidents.map((incident) => ({
    from: seconds(incident.start),
    to: seconds(incident.end),
    label: `${incident.title} (${CHANGES[incident.change]})`,
    tone: incident.change === "vanishes" ? "muted" : SEVERITY_TONES[incident.severity],
  }));
}

export function valuePoints(series: BacktestSeries): ChartPoint[] {
  return series.points.map(({ timestamp, value }) => ({ timestamp, value, prediction: "Unknown" }));
}

/** The scores under the settings asked about where another detector gave them, else the present ones. */
export function scorePoints(series: BacktestSeries): ChartPoint[] {
  const another = series.points.some((point) => point.asked_score !== null);
  return series.points.flatMap(({ timestamp, score, asked_score }) => {
    const value = another ? asked_score : score;
    return value === null ? [] : [{ timestamp, value, prediction: "Unknown" as const }];
  });
}

export const CSV_HEAD = [
  "service",
  "metric",
  "start",
  "end",
  "severity",
  "value",
  "score",
  "readings",
  "change",
  "title",
  "reason",
];

export function csvRow(incident: WouldFire): Cell[] {
  const { service, metric, start, end, severity, value, score, readings, change, title, reason } = incident;
  return [service, metric, start, end, severity, value, score, readings, change, title, reason];
}
