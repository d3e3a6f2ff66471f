/** Times between an address, which is in UTC, and a datetime-local field, which is in the zone one reads. */
import type { Zone } from "./preferences";

/** An RFC 3339 time as the field holds it; empty for none. */
export function toTimeField(time: string | null, zone: Zone): string {
  if (!time) return "";
  const date = new Date(time);
  const offset = zone === "utc" ? 0 : date.getTimezoneOffset() * 60_000;
  return new Date(date.getTime() - offset).toISOString().slice(0, 19);
}

/** The other way; empty for an empty or unfinished field. */
export function fromTimeField(text: string, zone: Zone): string {
  const date = new Date(zone === "utc" ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
