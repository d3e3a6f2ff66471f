/** The time ranges the service page offers. */

const MINUTE = 60_000;

export const RANGES = [
  { key: "15m", label: "15 minutes", milliseconds: 15 * MINUTE },
  { key: "1h", label: "hour", milliseconds: 60 * MINUTE },
  { key: "6h", label: "6 hours", milliseconds: 360 * MINUTE },
  { key: "24h", label: "24 hours", milliseconds: 1_440 * MINUTE },
  { key: "7d", label: "7 days", milliseconds: 10_080 * MINUTE },
] as const;

export type Range = (typeof RANGES)[number];
export const DEFAULT_RANGE: Range["key"] = "1h";

/** The range of that key; the default for any other text. */
export function rangeOf(key: string | null): Range {
  return RANGES.find((range) => range.key === key) ?? RANGES[1];
}
