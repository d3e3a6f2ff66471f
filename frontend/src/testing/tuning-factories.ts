/** Small, whole examples of backtests and sensitivities on the wire. */
import type {
  Backtest,
  BacktestPair,
  BacktestSeries,
  BacktestTotals,
  SensitivityList,
  SensitivityPreview,
  WouldFire,
} from "@/lib/api/types";
import { at, NOW } from "./factories.ts";

const judging: Backtest["present"] = {
  detector: "view_forest",
  policy: "threshold_and_model",
  sensitivity: { cpu: "medium", lat: "medium" },
  dedup_window: 900,
};

export function totalsOf(change: Partial<BacktestTotals> = {}): BacktestTotals {
  return {
    pairs: 2,
    readings: 80_640,
    gaps: 1,
    present: { incidents: 3, firing: 41, alerts_per_week: 3 },
    asked: null,
    appears: 0,
    vanishes: 0,
    real: 2,
    found: 2,
    found_asked: null,
    ...change,
  };
}

export function backtestOf(change: Partial<Backtest> = {}, now = NOW): Backtest {
  return {
    id: "b1",
    state: "done",
    phase: "ended",
    service: null,
    metric: null,
    start: at(-604_800, now),
    end: at(0, now),
    present: judging,
    asked: null,
    started_at: at(-12, now),
    finished_at: at(-2, now),
    eta: null,
    done: 2,
    total: 2,
    data_from: at(-604_800, now),
    detail: "",
    totals: totalsOf(),
    ...change,
  };
}

/** A comparison with high sensitivity: one incident appears. */
export function comparedOf(change: Partial<Backtest> = {}, now = NOW): Backtest {
  return backtestOf(
    {
      asked: { ...judging, sensitivity: { cpu: "high", lat: "high" } },
      totals: totalsOf({
        asked: { incidents: 4, firing: 63, alerts_per_week: 4 },
        appears: 1,
        found_asked: 2,
      }),
      ...change,
    },
    now,
  );
}

export function fireOf(change: Partial<WouldFire> = {}, now = NOW): WouldFire {
  return {
    service: "payment-service",
    metric: "lat",
    start: at(-86_400, now),
    end: at(-85_500, now),
    peak_at: at(-86_100, now),
    value: 3_412,
    score: 0.81,
    severity: "Critical",
    readings: 12,
    title: "p99 latency on payment-service is 3,412 ms, expected 20–54 ms",
    reason: "63× the top of the expected range.",
    change: "same",
    ...change,
  };
}

export function pairOf(change: Partial<BacktestPair> = {}, now = NOW): BacktestPair {
  return {
    service: "payment-service",
    metric: "lat",
    metric_title: "p99 latency",
    unit: "milliseconds",
    note: "",
    first: at(-604_800, now),
    last: at(0, now),
    readings: 40_320,
    judged: 40_120,
    gaps: 1,
    missing: 4,
    threshold: 0.625,
    asked_threshold: null,
    present: { incidents: 1, firing: 12, alerts_per_week: 1 },
    asked: null,
    incidents: [fireOf({}, now)],
    real: [
      {
        id: 7,
        event_ts: at(-86_400, now),
        title: "p99 latency on payment-service is 3,412 ms",
        found: true,
        found_asked: null,
      },
    ],
    ...change,
  };
}

export function seriesOf(change: Partial<BacktestSeries> = {}, now = NOW): BacktestSeries {
  const points = Array.from({ length: 300 }, (_, index) => {
    const back = 604_800 - index * 2_016;
    const bad = back <= 86_400 && back > 84_000;
    return {
      timestamp: at(-back, now),
      value: bad ? 3_412 : 36 + 9 * Math.sin(index / 7),
      score: bad ? 0.81 : 0.42 + 0.08 * Math.sin(index / 3),
      asked_score: null,
    };
  });
  return {
    service: "payment-service",
    metric: "lat",
    metric_title: "p99 latency",
    unit: "milliseconds",
    high: 1_000,
    critical: 3_000,
    direction: "above",
    threshold: 0.625,
    asked_threshold: null,
    total: 40_320,
    downsampled: true,
    points,
    gaps: [],
    incidents: [fireOf({}, now)],
    real: [],
    ...change,
  };
}

const WORDS = { low: 0.66, medium: 0.625, high: 0.6 };

export function sensitivitiesOf(change: Partial<SensitivityList> = {}): SensitivityList {
  const item = (metric: string, title: string) => ({
    metric,
    title,
    sensitivity: "medium" as const,
    threshold: WORDS.medium,
    source: "configuration" as const,
    configured: "medium" as const,
  });
  return {
    items: [item("cpu", "CPU"), item("lat", "p99 latency")],
    words: WORDS,
    applies: true,
    history: [],
    ...change,
  };
}

export function previewOf(change: Partial<SensitivityPreview> = {}, now = NOW): SensitivityPreview {
  return {
    metric: "lat",
    title: "p99 latency",
    start: at(-604_800, now),
    end: at(0, now),
    shortened: false,
    sensitivity: "high",
    threshold: WORDS.high,
    present_sensitivity: "medium",
    present_threshold: WORDS.medium,
    pairs: 8,
    readings: 322_560,
    judged: 322_000,
    days: Array.from({ length: 7 }, (_, index) => ({
      day: at(-86_400 * (6 - index), now).slice(0, 10),
      present: index === 2 ? 2 : 0,
      asked: index === 2 ? 3 : index === 4 ? 1 : 0,
    })),
    present: { incidents: 2, firing: 20, alerts_per_week: 2 },
    asked: { incidents: 4, firing: 51, alerts_per_week: 4 },
    incidents: [fireOf({ change: "appears" }, now), fireOf({ start: at(-172_800, now) }, now)],
    incidents_total: 4,
    appears: 2,
    vanishes: 0,
    ...change,
  };
}
