import { describe, expect, it } from "vitest";
import { at, incidentDetailOf, lineOf, NOW } from "@/testing/factories";
import {
  chartRange,
  distanceWords,
  eventReading,
  lastedMs,
  logCounts,
  logsAsText,
  neighbours,
  newestStanding,
} from "./view-model";

describe("the chart's range", () => {
  it("is open-ended while the incident still fires", () => {
    expect(chartRange({ event_ts: at(-600), last_fired_at: at(-10) }, NOW)).toEqual({ start: at(-2_400) });
  });

  it("ends a quarter of an hour after an old one last fired", () => {
    const range = chartRange({ event_ts: at(-90_000), last_fired_at: at(-80_000) }, NOW);
    expect(range).toEqual({ start: at(-91_800), end: at(-79_100) });
  });
});

describe("why", () => {
  const reading = (value: number, expected: { low: number; high: number } | null) => {
    const [first] = incidentDetailOf(1).readings;
    if (!first) throw new Error("the example has a reading");
    return { ...first, value, expected };
  };

  it("says how far off the value was", () => {
    const range = { low: 20, high: 50 };
    expect(distanceWords(reading(500, range))).toBe("10× the top of the range");
    expect(distanceWords(reading(2, range))).toBe("below the range");
    expect(distanceWords(reading(30, range))).toMatch(/^inside the range/);
    expect(distanceWords(reading(5, { low: 0, high: 0 }))).toBe("above the range");
    expect(distanceWords(reading(5, null))).toBe("");
  });

  it("takes the reading nearest to the event", () => {
    const far = { ...reading(1, null), timestamp: at(-400) };
    const near = { ...reading(2, null), timestamp: at(-181) };
    expect(eventReading({ event_ts: at(-180), readings: [far, near] })?.value).toBe(2);
    expect(eventReading({ event_ts: at(-180), readings: [] })).toBeNull();
  });
});

it("counts joined log lines as often as they were written", () => {
  expect(logCounts([lineOf(0), lineOf(1, { explains: true, count: 4 })])).toBe("4 of 5 lines explain this");
  expect(logCounts([lineOf(0)])).toBe("1 line, which does not explain this");
});

it("an incident has the neighbours of its list, and none at an end or outside of it", () => {
  expect(neighbours([9, 7, 5], 7)).toEqual({ before: 9, after: 5, position: 2 });
  expect(neighbours([9, 7, 5], 5)).toEqual({ before: 7, after: null, position: 3 });
  expect(neighbours([9], 4)).toEqual({ before: null, after: null, position: null });
});

it("how it stands is told by the newest entry that changed it", () => {
  const [opened] = incidentDetailOf(1).timeline;
  if (!opened) throw new Error("the example was opened");
  const resolved = { ...opened, kind: "resolved" as const };
  expect(newestStanding([opened, resolved, { ...opened, kind: "comment" }])).toBe(resolved);
});

it("it has fired since the first anomalous reading", () => {
  expect(lastedMs({ event_ts: at(-60), last_fired_at: at(-10), card: null })).toBe(50_000);
  expect(lastedMs({ ...incidentDetailOf(1), last_fired_at: at(-10) })).toBe(185_000);
  expect(lastedMs({ event_ts: at(-10), last_fired_at: at(-60), card: null })).toBe(0);
});

it("log lines as text keep what explains, counts and stack traces", () => {
  const text = logsAsText([
    lineOf(0, { message: "fine" }),
    lineOf(1, {
      level: "ERROR",
      message: "boom",
      count: 3,
      explains: true,
      stack_trace: "E: boom\n\tat x\n",
    }),
  ]);
  expect(text.split("\n")).toEqual([
    `  ${at(0)} INFO shop.payment.PaymentController fine`,
    `> ${at(1)} ERROR shop.payment.PaymentController boom (x 3)`,
    "    E: boom",
    "    \tat x",
    "",
  ]);
});
