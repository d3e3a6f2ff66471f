/** The past of one pair of the made-up shop. */
import type { History } from "../../src/lib/api/types.ts";
import { at } from "../../src/testing/factories.ts";
import { wobble } from "./services.ts";

export function history(query: URLSearchParams, now: number): History {
  const start = Date.parse(query.get("start") ?? at(-3_600, now));
  const end = Math.min(now, Date.parse(query.get("end") ?? at(0, now)));
  const slow = query.get("metric") === "lat" && query.get("service") === "payment-service";
  const points: History["points"] = [];
  for (let time = start; time < end; time += Math.max(5_000, (end - start) / 400)) {
    const bad = slow && now - time < 180_000;
    points.push({
      timestamp: new Date(time).toISOString(),
      value: bad ? 3_200 + wobble(1, time / 1_000) * 20 : 36 + wobble(3, time / 5_000),
      prediction: bad ? "Anomaly" : "Normal",
      severity: bad ? "Critical" : "Normal",
      score: bad ? 0.97 : 0.3,
    });
  }
  const units: Record<string, string> = { lat: "milliseconds" };
  const metric = query.get("metric") ?? "lat";
  return {
    service: query.get("service") ?? "",
    metric,
    unit: units[metric] ?? "percent",
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    total: points.length,
    downsampled: false,
    expected: { low: 26, high: 46 },
    high: slow ? 1_000 : 85,
    critical: slow ? 3_000 : 95,
    direction: "above",
    query: `histogram_quantile(0.99, sum by (le, service) (rate(http_server_requests_seconds_bucket[1m])))`,
    unusual: unusual(points),
    gaps: [],
    points,
  };
}

function unusual(points: History["points"]): History["unusual"] {
  const bad = points.filter((point) => point.prediction === "Anomaly");
  const [first, last] = [bad[0], bad.at(-1)];
  return first && last ? [{ start: first.timestamp, end: last.timestamp }] : [];
}
