import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatMinute,
  formatNumber,
  formatRange,
  formatRelative,
  formatValue,
  quantity,
} from "./format";

describe("numbers", () => {
  it.each([
    [3412.4, "3,412"],
    [85, "85"],
    [12.34, "12.3"],
    [1.236, "1.24"],
    [0.0123, "0.012"],
    [0, "0"],
    [-42.26, "-42.3"],
    [12_300_000, "12.3M"],
  ])("%d reads %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("keeps a changing value's width", () => {
    expect(quantity(34, "milliseconds")).toEqual({ number: "34.0", unit: "ms" });
  });

  it("scales bytes and leaves unknown units as they are", () => {
    expect(formatValue(1_572_864, "bytes")).toBe("1.50 MiB");
    expect(formatValue(0, "bytes")).toBe("0 B");
    expect(formatValue(3, "widgets")).toBe("3 widgets");
    expect(formatRange(20, 54, "milliseconds")).toBe("20–54 ms");
    expect(formatRange(0, 6.84, "percent")).toBe("0–6.84%");
    expect(formatRange(-5, 2, "percent")).toBe("-5% to 2%");
    expect(formatRange(0, 6e-13, "percent")).toBe("about 0%");
  });
});

describe("times", () => {
  it.each([
    [400, "0 s"],
    [59_000, "59 s"],
    [61_000, "1 min"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [200_000_000, "2 d"],
    [-5, "0 s"],
  ])("%d ms is %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it("tells past from future", () => {
    const now = Date.parse("2026-11-21T14:00:00Z");
    expect(formatRelative("2026-11-21T13:57:00Z", now)).toBe("3 min ago");
    expect(formatRelative("2026-11-21T14:02:00Z", now)).toBe("in 2 min");
    expect(formatRelative("2026-11-21T14:00:00Z", now)).toBe("now");
  });

  it("names UTC when UTC is shown, on a 24-hour clock", () => {
    expect(formatMinute("2026-11-21T00:05:00Z", "utc")).toBe("00:05 UTC");
  });
});
