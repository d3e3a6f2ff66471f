/** The server's side of the incident list, for tests: what was asked for, and acts on many. */

import type { BulkBody, IncidentSummary } from "@/lib/api/types";
import { incidentListOf, incidentOf } from "./factories";
import { answer, server } from "./server";

/** Remembers what the list was asked for. */
export function listen(items: IncidentSummary[] = [incidentOf(7)]) {
  const asked: URLSearchParams[] = [];
  server.use(
    answer("get", "/incidents", (request) => {
      asked.push(new URL(request.url).searchParams);
      return incidentListOf(items);
    }),
    answer("get", "/incidents/ids", { ids: items.map((each) => each.id), total: items.length }),
  );
  return asked;
}

/** A list whose server does as it is told, except to those in `stubborn`. */
export function actable(count: number, stubborn: number[] = []) {
  const items = Array.from({ length: count }, (_, index) =>
    incidentOf(count - index, { title: `Trouble ${count - index}` }),
  );
  listen(items);
  const sent: BulkBody[] = [];
  server.use(
    answer("post", "/incidents/bulk", async (request) => {
      const body = (await request.json()) as BulkBody;
      sent.push(body);
      for (const item of items) {
        if (!body.ids.includes(item.id) || stubborn.includes(item.id)) continue;
        item.status = { acknowledge: "ACKNOWLEDGED", resolve: "RESOLVED", reopen: "OPEN", undo: "OPEN" }[
          body.action
        ] as IncidentSummary["status"];
      }
      return {
        changed: body.ids.filter((id) => !stubborn.includes(id)),
        refused: body.ids
          .filter((id) => stubborn.includes(id))
          .map((id) => ({ id, detail: `Incident #${id} is resolved, so it cannot be resolved.` })),
      };
    }),
  );
  return sent;
}

/** Three incidents whose acts are answered only when the test says so. */
export function slowActs(): () => void {
  actable(3);
  let answerNow: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  server.use(
    answer("post", "/incidents/bulk", async (request) => {
      const { ids } = (await request.json()) as BulkBody;
      await waited;
      return { changed: ids, refused: [] };
    }),
  );
  return answerNow;
}
