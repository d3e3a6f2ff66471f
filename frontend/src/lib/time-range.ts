/** The span of time a view shows, kept in its address: the last so long, or from one moment to another. */
import { useMemo } from "react";
import { serverNow } from "./clock";
import { type SearchChange, useSearchState } from "./search-state";

export type TimeRange =
  | { kind: "last"; milliseconds: number }
  /** RFC 3339 in UTC. */
  | { kind: "between"; start: string; end: string };

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** "15m", "6h", "2d" in milliseconds; null for anything else. */
export function parseSpan(text: string): number | null {
  const [, count, unit] = /^(\d{1,4})([mhdw])$/.exec(text) ?? [];
  const size = unit ? UNITS[unit] : undefined;
  return count && size && Number(count) > 0 ? Number(count) * size : null;
}

/** The largest unit that leaves no rest: 7,200,000 is "2h". */
export function spanText(milliseconds: number): string {
  const fits = Object.entries(UNITS).filter(([, size]) => milliseconds % size === 0);
  const [unit, size] = fits.at(-1) ?? ["m", 60_000];
  return `${Math.max(1, Math.round(milliseconds / size))}${unit}`;
}

/** RFC 3339 in UTC; null for what is no time. */
export function moment(text: string | null | undefined): string | null {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** What `?last=` or `?from=&to=` say; a wrong or missing one gives the last `usual` milliseconds. */
export function readRange(search: URLSearchParams, usual: number): TimeRange {
  const start = moment(search.get("from"));
  const end = moment(search.get("to"));
  if (start && end && start < end) return { kind: "between", start, end };
  return { kind: "last", milliseconds: parseSpan(search.get("last") ?? "") ?? usual };
}

/** Whether `range` is what an address says by them: both ends are, or neither. */
export function rangeChecks(range: TimeRange) {
  const between = () => range.kind === "between";
  return { last: (text: string) => parseSpan(text) !== null, from: between, to: between };
}

/** The parameters that say `range`, for an address or a link. */
export function rangeSearch(range: TimeRange): SearchChange {
  if (range.kind === "between") return { last: "", from: range.start, to: range.end };
  return { last: spanText(range.milliseconds), from: "", to: "" };
}

/** Both ends now, in milliseconds since the epoch by the server's clock. */
export function rangeEnds(range: TimeRange): { start: number; end: number } {
  if (range.kind === "between") return { start: Date.parse(range.start), end: Date.parse(range.end) };
  const end = serverNow();
  return { start: end - range.milliseconds, end };
}

export function useTimeRange(usual: number): [TimeRange, (range: TimeRange) => void] {
  const [search, change] = useSearchState();
  const text = `${search.get("last")} ${search.get("from")} ${search.get("to")}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the three parameters
  const range = useMemo(() => readRange(search, usual), [text, usual]);
  return [range, (next) => change(rangeSearch(next))];
}
