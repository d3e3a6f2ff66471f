/** How much a scale spans at least: what is constant, or almost, is to look so and not fill its chart with noise. */

/** In units of the metric: less than this is no difference to anyone. */
const LEAST: Record<string, number> = {
  percent: 1,
  milliseconds: 1,
  seconds: 0.001,
  ratio: 0.01,
  count: 1,
  bytes: 1_024,
  bytes_per_second: 1_024,
  requests_per_second: 0.1,
};
/** Of the size of the values themselves, where that is more. */
const LEAST_SHARE = 0.02;

/** `low` and `high`, moved apart evenly where they are too close; what is not negative stays so. */
export function withLeastSpan(low: number, high: number, unit: string): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = Math.max(LEAST[unit] ?? 0, size * LEAST_SHARE) || 1;
  if (high - low >= least) return [low, high];
  const bottom = (low + high - least) / 2;
  const from = low >= 0 ? Math.max(0, bottom) : bottom;
  return [from, from + least];
}
