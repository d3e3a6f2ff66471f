/** Log lines of the made-up shop. */
import type { Logs } from "../../src/lib/api/types.ts";
import { at, incidentDetailOf } from "../../src/testing/factories.ts";

export function logs(query: URLSearchParams, now: number): Logs {
  const event = query.get("event_ts") ?? at(0, now);
  const lines = incidentDetailOf(1, {}, Date.parse(event) + 180_000).logs;
  return {
    service: query.get("service") ?? "",
    event_ts: event,
    start: new Date(Date.parse(event) - 60_000).toISOString(),
    end: new Date(Date.parse(event) + 30_000).toISOString(),
    total: lines.length,
    truncated: false,
    lines,
    sources: [{ path: "logs/payment-service.log", state: "reading", detail: "", lines: 1_204 }],
  };
}
