/** What changed in the made-up shop: the payments became slow, and said why. */
import type { Changes } from "../../src/lib/api/types.ts";
import { changesOf } from "../../src/testing/range-factories.ts";

export function changes(query: URLSearchParams): Changes {
  const [start, end] = [query.get("start") ?? "", query.get("end") ?? ""];
  const before = new Date(
    Date.parse(start) - Math.max(600_000, Date.parse(end) - Date.parse(start)),
  ).toISOString();
  return changesOf(
    {
      service: query.get("service") ?? "",
      range: { start, end },
      compared_with: { start: before, end: start },
    },
    Date.parse(end),
  );
}
