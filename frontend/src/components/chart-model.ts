/** What a chart of one metric draws: its columns, its scale, the spans that were unusual. */
import type { Expected, History, HistoryPoint } from "@/lib/api/types";
import { withLeastSpan } from "./least-span";

export interface ChartPoint {
  timestamp: string;
  value: number;
  prediction: HistoryPoint["prediction"];
  /** What was expected then; without it the chart's own range stands for all. */
  expected?: Expected | null;
}

export interface ChartSpan {
  /** Seconds since the epoch. */
  from: number;
  to: number;
}

/** A stretch of time that has a name, an incident say; drawn as a bar at the foot of the chart. */
export interface ChartBand extends ChartSpan {
  label: string;
  tone: "critical" | "high" | "normal" | "muted";
}

/** An incident's band has its severity's colour: Normal is one that the model alone has opened. */
export const SEVERITY_TONES = { Critical: "critical", High: "high", Normal: "normal" } as const;

/** A moment that has a name, a deploy say; drawn as a dotted line with a flag. */
export interface ChartMarker {
  /** Seconds since the epoch. */
  at: number;
  label: string;
}

export interface ChartThresholds {
  high: number | null;
  critical: number | null;
}

/** uPlot's columns: times in seconds, values; low and high of what was expected, where it is not the same for all. */
export type ChartColumns = [number[], ...(number | null)[][]];

const AIR = 0.08;
/** A threshold further off than this many times the data's own height would flatten the data. */
const THRESHOLD_REACH = 1.5;
/** Steps without a reading after which the line breaks. */
const GAP_STEPS = 3;

export const seconds = (time: string) => Date.parse(time) / 1_000;

export function spansOf(spans: History["gaps"]): ChartSpan[] {
  return spans.map(({ start, end }) => ({ from: seconds(start), to: seconds(end) }));
}

function usualStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return Float64Array.from(steps).sort()[Math.floor(steps.length / 2)] ?? 0;
}

/** Between which neighbours of ascending times the line breaks: at `gaps` if they are known, else at long steps. */
function breaker(times: readonly number[], gaps: readonly ChartSpan[] | undefined) {
  if (gaps) {
    let next = 0;
    return (before: number, time: number) => {
      while ((gaps[next]?.to ?? Number.POSITIVE_INFINITY) <= before) next += 1;
      const gap = gaps[next];
      return gap !== undefined && gap.from >= before && gap.to <= time;
    };
  }
  const usual = usualStep(times);
  return (before: number, time: number) => usual > 0 && time - before > usual * GAP_STEPS;
}

/** The range that holds for all points; undefined where they differ, null where nothing was expected of any. */
export function commonRange(points: readonly ChartPoint[], expected: Expected | null) {
  const rangeOf = (point: ChartPoint) => (point.expected === undefined ? expected : point.expected);
  const first = points[0] ? rangeOf(points[0]) : expected;
  const same = points.every((point) => {
    const range = rangeOf(point);
    return range === first || (range?.low === first?.low && range?.high === first?.high);
  });
  return same ? first : undefined;
}

/**
 * Values and, where the points know each their own, what was expected of them; a gap breaks the line. Thinned-out
 * points stand unevenly and say nothing of gaps: with them `gaps` must be given.
 */
export function chartColumns(
  points: readonly ChartPoint[],
  expected: Expected | null = null,
  gaps?: readonly ChartSpan[],
): ChartColumns {
  const times = points.map((point) => seconds(point.timestamp));
  const breaks = breaker(times, gaps);
  const ownRanges = commonRange(points, expected) === undefined;
  const columns: ChartColumns = ownRanges ? [[], [], [], []] : [[], []];
  const [xs, ys, lows, highs] = columns;
  points.forEach((point, index) => {
    const time = times[index] ?? 0;
    const before = times[index - 1];
    if (before !== undefined && breaks(before, time)) {
      xs.push((time + before) / 2);
      for (const column of columns.slice(1)) (column as (number | null)[]).push(null);
    }
    xs.push(time);
    ys?.push(point.value);
    if (!ownRanges) return;
    const range = point.expected === undefined ? expected : point.expected;
    lows?.push(range?.low ?? null);
    highs?.push(range?.high ?? null);
  });
  return columns;
}

/** Lowest and highest value shown; thresholds are taken in when they are near enough to be read. */
export function chartScale(
  points: readonly ChartPoint[],
  expected: Expected | null,
  thresholds: ChartThresholds,
  unit: string,
): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (value: number) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const point of points) {
    take(point.value);
    if (point.expected) [point.expected.low, point.expected.high].forEach(take);
  }
  if (expected) [expected.low, expected.high].forEach(take);
  if (low > high) return [0, 1];
  [low, high] = withLeastSpan(low, high, unit);
  const reach = (high - low) * THRESHOLD_REACH;
  const [bottom, top] = [low - reach, high + reach];
  for (const threshold of [thresholds.high, thresholds.critical]) {
    if (threshold !== null && threshold >= bottom && threshold <= top) take(threshold);
  }
  const air = (high - low) * AIR;
  return [low >= 0 && low - air < 0 ? 0 : low - air, high + air];
}

/** Runs of readings the model called anomalous, each as long as its readings reach. */
export function unusualSpans(points: readonly ChartPoint[]): ChartSpan[] {
  const spans: ChartSpan[] = [];
  let open: ChartSpan | null = null;
  for (const point of points) {
    const at = seconds(point.timestamp);
    if (point.prediction !== "Anomaly") open = null;
    else if (open) open.to = at;
    else {
      open = { from: at, to: at };
      spans.push(open);
    }
  }
  return spans;
}

/** Index of the point nearest to `time` (seconds) in an ascending column; -1 when it is empty. */
export function nearest(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle;
    else high = middle;
  }
  const [before, after] = [times[low], times[high]];
  if (before === undefined || after === undefined) return -1;
  return time - before <= after - time ? low : high;
}
