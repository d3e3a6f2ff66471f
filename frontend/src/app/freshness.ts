/** How old the data is, and when that is too old to be trusted. */
import type { Overview } from "@/lib/api/types";

const MISSED_POLLS = 3;
const GRACE_S = 2;

export interface Freshness {
  ageMs: number;
  stale: boolean;
}

/** Null before the first poll. Stale: three polls should have come since. */
export function freshness(
  overview: Pick<Overview, "timestamp" | "poll_interval"> | undefined,
  now: number,
): Freshness | null {
  if (!overview?.timestamp) return null;
  const ageMs = Math.max(0, now - Date.parse(overview.timestamp));
  return { ageMs, stale: ageMs > (overview.poll_interval * MISSED_POLLS + GRACE_S) * 1_000 };
}
