import { describe, expect, it } from "vitest";
import { formatTicks } from "@/lib/format";
import { withLeastSpan } from "./least-span";

describe("the least span of a scale", () => {
  it("leaves alone what spans enough", () => {
    expect(withLeastSpan(20, 60, "percent")).toEqual([20, 60]);
    expect(withLeastSpan(-5, 5, "count")).toEqual([-5, 5]);
  });

  it("is one percentage point or one millisecond, from zero for what is never negative", () => {
    expect(withLeastSpan(0, 0, "percent")).toEqual([0, 1]);
    expect(withLeastSpan(0, 0.0001, "milliseconds")).toEqual([0, 1]);
    expect(withLeastSpan(0.25, 0.26, "percent")).toEqual([0, 1]);
  });

  it("stands evenly about a value that does not change, and grows with its size", () => {
    const [low, high] = withLeastSpan(5_000, 5_000, "milliseconds");
    expect(5_000 - low).toBeCloseTo(high - 5_000);
    expect(high - low).toBeCloseTo(100);
  });

  it("is never nothing, whatever the unit", () => {
    for (const unit of ["", "furlongs", "bytes", "ratio"]) {
      for (const value of [0, -3, 1e-9, 1e12]) {
        const [low, high] = withLeastSpan(value, value, unit);
        expect(high).toBeGreaterThan(low);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }
    }
  });
});

describe("the labels of an axis", () => {
  it.each([
    [[0, 0.2, 0.4, 0.6, 0.8, 1], "percent", ["0%", "0.2%", "0.4%", "0.6%", "0.8%", "1%"]],
    [[0, 0.0002, 0.0004], "percent", ["0.0000%", "0.0002%", "0.0004%"]],
    [[100, 100.2, 100.4], "milliseconds", ["100.0 ms", "100.2 ms", "100.4 ms"]],
    [[536_870_912, 536_900_000], "bytes", ["512.00 MiB", "512.03 MiB"]],
    [[1, 1.0005], "ratio", ["1.0000", "1.0005"]],
  ])("are told apart: %j %s", (ticks, unit, labels) => {
    expect(formatTicks(ticks, unit)).toEqual(labels);
  });
});
