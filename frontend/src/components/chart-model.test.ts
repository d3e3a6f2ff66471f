import { describe, expect, it } from "vitest";
import { type ChartPoint, chartColumns, chartScale, commonRange, unusualSpans } from "./chart-model";

const point = (
  second: number,
  value: number,
  prediction: ChartPoint["prediction"] = "Normal",
): ChartPoint => ({
  timestamp: new Date(second * 1_000).toISOString(),
  value,
  prediction,
});

describe("a chart", () => {
  it("breaks its line over a gap", () => {
    const [times, values] = chartColumns([
      point(0, 1),
      point(5, 2),
      point(10, 3),
      point(60, 4),
      point(65, 5),
    ]);
    expect(values).toEqual([1, 2, 3, null, 4, 5]);
    expect(times).toEqual([0, 5, 10, 35, 60, 65]);
  });

  it("breaks thinned-out readings at the gaps that are known, and nowhere else", () => {
    const thinned = [point(0, 1), point(2, 9), point(40, 2), point(41, 8), point(90, 3), point(200, 4)];
    const [times, values] = chartColumns(thinned, null, [{ from: 95, to: 190 }]);
    expect(values).toEqual([1, 9, 2, 8, 3, null, 4]);
    expect(times).toEqual([0, 2, 40, 41, 90, 145, 200]);
    expect(chartColumns(thinned, null, [])[1]).not.toContain(null);
  });

  it("keeps a column of ranges only where they differ", () => {
    const range = (low: number, high: number) => ({ low, high });
    const same = [0, 5, 10].map((second) => ({ ...point(second, 1), expected: range(0, 2) }));
    expect(chartColumns(same)).toHaveLength(2);
    expect(commonRange(same, null)).toEqual(range(0, 2));
    expect(commonRange([point(0, 1), point(5, 1)], range(3, 4))).toEqual(range(3, 4));
    expect(commonRange([point(0, 1)], null)).toBeNull();
    const moving = [...same, { ...point(15, 1), expected: range(0, 3) }, { ...point(20, 1), expected: null }];
    expect(commonRange(moving, null)).toBeUndefined();
    expect(chartColumns(moving).slice(2)).toEqual([
      [0, 0, 0, 0, null],
      [2, 2, 2, 3, null],
    ]);
  });

  it("shows what never changes as flat, not as a band that fills it", () => {
    const quiet = [point(0, 0), point(5, 0)];
    const [low, high] = chartScale(quiet, { low: 0, high: 0.0001 }, { high: 5, critical: null }, "percent");
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(1);
    expect(high).toBeLessThan(2);
  });

  it("shows a near threshold and leaves out one that would flatten the data", () => {
    const points = [point(0, 30), point(5, 60)];
    const near = chartScale(points, null, { high: 85, critical: null }, "percent");
    expect(near[1]).toBeGreaterThan(85);
    const far = chartScale(points, null, { high: 3_000, critical: null }, "percent");
    expect(far[1]).toBeLessThan(100);
  });

  it("does not go below zero for values that do not", () => {
    expect(chartScale([point(0, 0), point(5, 10)], null, { high: null, critical: null }, "percent")[0]).toBe(
      0,
    );
    expect(
      chartScale([point(0, -5), point(5, 10)], null, { high: null, critical: null }, "percent")[0],
    ).toBeLessThan(-5);
  });

  it("marks each run of anomalous readings", () => {
    const points = [
      point(0, 1),
      point(5, 9, "Anomaly"),
      point(10, 9, "Anomaly"),
      point(15, 1),
      point(20, 9, "Anomaly"),
    ];
    expect(unusualSpans(points)).toEqual([
      { from: 5, to: 10 },
      { from: 20, to: 20 },
    ]);
  });
});
