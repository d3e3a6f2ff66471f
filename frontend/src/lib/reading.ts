/** A reading in words; what was not scored is never put as healthy. */
import type { MetricReading, Severity } from "./api/types";

export type SeverityWord = Severity | "Unknown";

export interface ReadingWords {
  severity: SeverityWord;
  verdict: string;
  /** Why it is unknown or unusual; empty where all is as expected. */
  note: string;
}

const VERDICTS = { Normal: "as expected", Anomaly: "unusual", Unknown: "unknown" } as const;
const STATES = { stale: "stale", no_model: "no model yet", failed: "failed" } as const;

export type ReadingFacts = Pick<MetricReading, "state" | "severity" | "prediction" | "value" | "reasons">;

export function describeReading(reading: ReadingFacts): ReadingWords {
  const note = reading.reasons.join("; ");
  if (reading.state === "scored") {
    const calm = reading.prediction === "Normal" && reading.severity === "Normal";
    return {
      severity: reading.severity,
      verdict: VERDICTS[reading.prediction],
      note: calm ? "" : note,
    };
  }
  // A threshold needs no model: beyond one is beyond one. Below it, nothing is known.
  const beyond = reading.value !== null && reading.severity !== "Normal";
  return { severity: beyond ? reading.severity : "Unknown", verdict: STATES[reading.state], note };
}
