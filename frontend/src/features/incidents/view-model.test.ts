import { describe, expect, it } from "vitest";
import { at, incidentDetailOf, lineOf, NOW } from "@/testing/factories";
import { chartRange, distanceWords, eventReading, logCounts } from "./view-model";

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
