/** What a chart of one metric draws: its columns, its scale, the spans that were unusual. */
import type { Expected, HistoryPoint } from "@/lib/api/types";

export interface ChartPoint {
  timestamp: string;
  value: number;
  prediction: HistoryPoint["prediction"];
}

export interface ChartSpan {
  /** Seconds since the epoch. */
  from: number;
  to: number;
}

export interface ChartThresholds {
  high: number | null;
  critical: number | null;
}

const AIR = 0.08;
/** A threshold further off than this many times the data's own height would flatten the data. */
const THRESHOLD_REACH = 1.5;

export const seconds = (time: string) => Date.parse(time) / 1_000;

/** uPlot's columns: times in seconds, values; a gap of more than three usual steps breaks the line. */
export function chartColumns(points: readonly ChartPoint[]): [number[], (number | null)[]] {
  const times = points.map((point) => seconds(point.timestamp));
  const steps = times
    .slice(1)
    .map((time, index) => time - (times[index] ?? time))
    .sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  points.forEach((point, index) => {
    const time = times[index] ?? 0;
    const before = times[index - 1];
    if (before !== undefined && usual > 0 && time - before > usual * 3) {
      xs.push((time + before) / 2);
      ys.push(null);
    }
    xs.push(time);
    ys.push(point.value);
  });
  return [xs, ys];
}

/** Lowest and highest value shown; thresholds are taken in when they are near enough to be read. */
export function chartScale(
  points: readonly ChartPoint[],
  expected: Expected | null,
  thresholds: ChartThresholds,
): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (value: number) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const point of points) take(point.value);
  if (expected) [expected.low, expected.high].forEach(take);
  if (low > high) return [0, 1];
  const reach = (high - low || Math.abs(high) || 1) * THRESHOLD_REACH;
  const [bottom, top] = [low - reach, high + reach];
  for (const threshold of [thresholds.high, thresholds.critical]) {
    if (threshold !== null && threshold >= bottom && threshold <= top) take(threshold);
  }
  const air = (high - low) * AIR || Math.abs(high) * AIR || 1;
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
