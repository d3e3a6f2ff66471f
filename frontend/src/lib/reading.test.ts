import { describe, expect, it } from "vitest";
import { metricOf } from "@/testing/factories";
import { describeReading } from "./reading";

describe("a reading in words", () => {
  it("is calm when all is as expected", () => {
    expect(describeReading(metricOf({ reasons: ["inside the range"] }))).toEqual({
      severity: "Normal",
      verdict: "as expected",
      note: "",
    });
  });

  it("says what is unusual and why", () => {
    const reading = metricOf({
      severity: "Critical",
      prediction: "Anomaly",
      reasons: ["63× the top", "over 3,000"],
    });
    expect(describeReading(reading)).toEqual({
      severity: "Critical",
      verdict: "unusual",
      note: "63× the top; over 3,000",
    });
  });

  it.each(["stale", "no_model", "failed"] as const)("never puts %s as healthy", (state) => {
    const words = describeReading(metricOf({ state, prediction: "Unknown", reasons: ["why"] }));
    expect(words.severity).toBe("Unknown");
    expect(words.verdict).not.toBe("as expected");
    expect(words.note).toBe("why");
  });

  it("keeps a threshold's word without a model, but not without a value", () => {
    const high = { state: "no_model", prediction: "Unknown", severity: "High" } as const;
    expect(describeReading(metricOf(high)).severity).toBe("High");
    expect(describeReading(metricOf({ ...high, value: null })).severity).toBe("Unknown");
  });
});
