/** Numbers, units, times and durations as an operator reads them. */
import type { Zone } from "./preferences";

const LOCALE = "en-GB";
const SYMBOLS: Record<string, string> = {
  percent: "%",
  milliseconds: "ms",
  seconds: "s",
  ratio: "",
  count: "",
  bytes_per_second: "B/s",
  requests_per_second: "req/s",
};
const BYTE_STEPS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Made when first needed: the browser takes a millisecond or two for each, and a page needs few of them. */
function kept<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

type Formats = (digits: number) => Intl.NumberFormat;

const trimmed: Formats = kept((digits) => new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits }));
const steady: Formats = kept(
  (digits) => new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
// In British English a million is "m", which an engineer reads as a thousandth.
const compact: Formats = kept(
  (digits) => new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: digits }),
);

export interface Quantity {
  number: string;
  unit: string;
}

function format(value: number, formats: Formats): string {
  const size = Math.abs(value);
  if (size >= 1e7) return compact(1).format(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  return formats(digits).format(value);
}

/** About three figures that count: 1,234 / 123 / 12.3 / 1.23 / 0.012; no zeros at the end. */
export function formatNumber(value: number): string {
  return format(value, trimmed);
}

export function formatCount(value: number): string {
  return steady(0).format(value);
}

export function unitSymbol(unit: string): string {
  return SYMBOLS[unit] ?? unit;
}

/** A value with its unit, apart, so that a page may set them in different weights; zeros stay, so that it does not hop. */
export function quantity(value: number, unit: string): Quantity {
  if (unit !== "bytes") return { number: format(value, steady), unit: unitSymbol(unit) };
  const step = Math.min(
    BYTE_STEPS.length - 1,
    Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)),
  );
  return { number: format(value / 1024 ** step, steady), unit: BYTE_STEPS[step] ?? "B" };
}

/** "12.3 ms", "45.5%", "1.50 MiB": as the backend writes them in its sentences. */
export function formatValue(value: number, unit: string): string {
  if (unit === "percent") return `${formatNumber(value)}%`;
  const parts =
    unit === "bytes" ? quantity(value, unit) : { number: formatNumber(value), unit: unitSymbol(unit) };
  return parts.unit ? `${parts.number} ${parts.unit}` : parts.number;
}

const MOST_DIGITS = 6;

/** Values of one axis, each told from the others: with more digits than `formatValue` where they lie close together. */
export function formatTicks(values: readonly number[], unit: string): string[] {
  const labels = values.map((value) => formatValue(value, unit));
  if (new Set(labels).size === labels.length) return labels;
  const largest = Math.max(...values.map(Math.abs));
  const { unit: symbol } = quantity(largest, unit);
  const scale = unit === "bytes" ? 1024 ** BYTE_STEPS.indexOf(symbol) : 1;
  const gap = symbol === "%" || !symbol ? "" : " ";
  for (let digits = 0; digits <= MOST_DIGITS; digits++) {
    const exact = values.map((value) => `${(value / scale).toFixed(digits)}${gap}${symbol}`);
    if (new Set(exact).size === exact.length) return exact;
  }
  return labels;
}

/** "20–54 ms", "about 0%"; with a word between where a dash would be read as a minus or units differ. */
export function formatRange(low: number, high: number, unit: string): string {
  if (formatValue(low, unit) === formatValue(high, unit)) return `about ${formatValue(high, unit)}`;
  if (unit === "bytes" || low < 0) return `${formatValue(low, unit)} to ${formatValue(high, unit)}`;
  return `${formatNumber(low)}–${formatValue(high, unit)}`;
}

/** "3 s", "12 min", "2 h 5 min", "3 d": as exact as it is useful. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** "3 min ago", "in 2 min", "now". */
export function formatRelative(time: string, now: number): string {
  const distance = Date.parse(time) - now;
  if (Math.abs(distance) < 1_000) return "now";
  return distance > 0 ? `in ${formatDuration(distance)}` : `${formatDuration(-distance)} ago`;
}

type TimeStyle = "minute" | "clock" | "full";

const timeFormat = kept((key: `${TimeStyle} ${Zone}`) => {
  const [style, zone] = key.split(" ");
  return new Intl.DateTimeFormat(LOCALE, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(style !== "minute" && { second: "2-digit" }),
    ...(style === "full" && { day: "numeric", month: "short", year: "numeric" }),
    ...(zone === "utc" && { timeZone: "UTC" }),
  });
});

const suffix = (zone: Zone) => (zone === "utc" ? " UTC" : "");

/** "14:02", with " UTC" when that is the zone chosen. */
export function formatMinute(time: string | number, zone: Zone): string {
  return timeFormat(`minute ${zone}`).format(new Date(time)) + suffix(zone);
}

/** "14:02:11". */
export function formatClock(time: string | number, zone: Zone): string {
  return timeFormat(`clock ${zone}`).format(new Date(time)) + suffix(zone);
}

/** "21 Nov 2026, 14:02:11". */
export function formatDateTime(time: string | number, zone: Zone): string {
  return timeFormat(`full ${zone}`).format(new Date(time)) + suffix(zone);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
