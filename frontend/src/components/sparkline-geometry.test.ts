import { describe, expect, it } from "vitest";
import { scaleOf, sparklineShape } from "./sparkline-geometry";

const BOX = { width: 100, height: 30 };

/** Highest minus lowest y of a path. */
function swing(path: string): number {
  const ys = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((match) => Number(match[1]));
  return Math.max(...ys) - Math.min(...ys);
}

describe("a sparkline", () => {
  it("draws noise inside the learned range as small", () => {
    const noise = [40, 41, 40, 39, 40, 41];
    expect(swing(sparklineShape(noise, { low: 20, high: 60 }, "percent", BOX).path)).toBeLessThan(
      BOX.height * 0.1,
    );
    expect(swing(sparklineShape(noise, null, "percent", BOX).path)).toBeLessThan(BOX.height * 0.2);
  });

  it("keeps an outlier inside the box and tells that it is outside the range", () => {
    const { last, band } = sparklineShape([30, 30, 3_000], { low: 20, high: 60 }, "percent", BOX);
    expect(last?.outside).toBe(true);
    expect(last?.y).toBeGreaterThanOrEqual(0);
    expect((band?.y ?? 0) + (band?.height ?? 0)).toBeLessThanOrEqual(BOX.height);
  });

  it("breaks the line where a value is missing", () => {
    expect(sparklineShape([1, null, 2, 3], null, "percent", BOX).path.match(/M/g)).toHaveLength(2);
    expect(sparklineShape([1, 2, null], null, "percent", BOX).last).toBeNull();
  });

  it("has a scale for nothing and for a flat zero", () => {
    expect(scaleOf([], null, "percent")).toEqual([0, 1]);
    const [low, high] = scaleOf([0, 0], { low: 0, high: 0 }, "percent");
    expect(high).toBeGreaterThan(low);
    const { band } = sparklineShape([0, 0], { low: 0, high: 0.0001 }, "percent", BOX);
    expect(band?.height).toBeLessThan(2);
  });
});
