/** The made-up shop's services and their newest readings: one in trouble, one blind, one learning. */
import type { OverviewService } from "../../src/lib/api/types.ts";
import { at, metricOf, serviceOf } from "../../src/testing/factories.ts";

/** How often there are new readings; a bench chooses. */
export const pollMs = () => Number(process.env.FIXTURE_POLL_MS ?? 2_000);
export const NAMES = [
  "order-service",
  "payment-service",
  "inventory-service",
  "checkout",
  "cart",
  "ledger",
  "search",
  "email",
];

/** A wobble that looks like traffic and is the same each time it is asked. */
export const wobble = (seed: number, time: number) =>
  Math.sin(time / 9 + seed) * 5 + Math.sin(time / 2.3 + seed * 7) * 3;

function service(name: string, index: number, now: number): OverviewService {
  const tick = Math.floor(now / pollMs());
  const recent = (base: number, seed: number) =>
    Array.from({ length: 40 }, (_, step) => Math.max(0, base + wobble(seed + index, tick - 39 + step)));
  const metric = (title: string, unit: string, base: number, seed: number) => {
    const values = recent(base, seed);
    return metricOf({
      title,
      unit,
      value: values.at(-1) ?? base,
      recent: values,
      expected: { low: base - 9, high: base + 9 },
      event_ts: at(-1, now),
    });
  };
  const made = serviceOf(name, {
    metrics: {
      cpu: metric("CPU", "percent", 30, 1),
      mem: metric("Memory", "percent", 46, 2),
      lat: metric("p99 latency", "milliseconds", 35, 3),
      err: metricOf({
        title: "Error rate",
        unit: "percent",
        value: 0,
        recent: Array(40).fill(0),
        expected: { low: 0, high: 1 },
      }),
    },
  });
  const { lat, err, mem } = made.metrics;
  if (name === "payment-service" && lat) {
    const bad = { value: 3_412, severity: "Critical", prediction: "Anomaly", score: 0.97 } as const;
    Object.assign(lat, bad, { recent: [...lat.recent.slice(0, 34), 400, 1_800, 2_900, 3_100, 3_300, 3_412] });
    lat.reasons = ["63× the top of the expected range", "Critical from 3,000 ms"];
    Object.assign(made, { severity: "Critical", open_incidents: 2 });
  }
  if (name === "order-service" && mem) {
    Object.assign(mem, { value: 88.4, severity: "High", prediction: "Anomaly", reasons: ["above 85 %"] });
    Object.assign(made, { severity: "High", open_incidents: 1 });
  }
  if (name === "cart") {
    const artefact = {
      kind: "deploy",
      words: "now runs 2.4.1, not 2.4.0",
      since: at(-75, now),
      settles_at: at(45, now),
    } as const;
    for (const each of Object.values(made.metrics)) each.artefact = artefact;
  }
  if (name === "search" && err) {
    Object.assign(err, {
      state: "no_model",
      prediction: "Unknown",
      expected: null,
      score: null,
      reasons: ["31 of 50 samples"],
    });
  }
  if (name === "ledger") {
    made.blind = true;
    for (const each of Object.values(made.metrics)) {
      Object.assign(each, {
        state: "stale",
        value: null,
        prediction: "Unknown",
        reasons: ["no sample since 13:58:02"],
      });
    }
  }
  return made;
}

/** As many as the environment asks for. */
export function serviceNames(): string[] {
  const extra = Number(process.env.FIXTURE_SERVICES ?? NAMES.length) - NAMES.length;
  return [...NAMES, ...Array.from({ length: Math.max(0, extra) }, (_, index) => `service-${index}`)];
}

export function services(now: number): OverviewService[] {
  const rank = { Critical: 0, High: 1, Normal: 2 };
  return serviceNames()
    .map((name, index) => service(name, index, now))
    .sort((a, b) => rank[a.severity] - rank[b.severity]);
}
