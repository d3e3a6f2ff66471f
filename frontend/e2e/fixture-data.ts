/** What each GET of the fixture API answers. */
import { at, overviewOf } from "../src/testing/factories.ts";
import { changes } from "./shop/changes.ts";
import { history } from "./shop/history.ts";
import { annotations, incidentIds, incidentList } from "./shop/incidents.ts";
import { histogram, lines, sources, tail, templates } from "./shop/log-lines.ts";
import { logs } from "./shop/logs.ts";
import { models, progress } from "./shop/models.ts";
import { services } from "./shop/services.ts";

type Query = URLSearchParams;

export const READS: Record<string, (query: Query, now: number) => unknown> = {
  "/services": (_, now) =>
    services(now)
      .map((each) => each.service)
      .sort(),
  "/overview": (_, now) => overviewOf(services(now), { timestamp: at(-1, now), open_incidents: 5 }),
  "/metrics": (query, now) => {
    const found = services(now).find((each) => each.service === query.get("service"));
    return found && { service: found.service, timestamp: at(-1, now), metrics: found.metrics };
  },
  "/metrics/history": history,
  "/changes": changes,
  "/logs": logs,
  "/logs/lines": lines,
  "/logs/tail": tail,
  "/logs/histogram": histogram,
  "/logs/templates": templates,
  "/logs/sources": sources,
  "/incidents": (query) => incidentList(query),
  "/annotations": (query, now) => annotations(query, now),
  "/incidents/ids": (query) => incidentIds(query),
  "/models": models,
  "/retrain": (_, now) => progress(now),
  "/ready": () => ({ ready: true, dependencies: { prometheus: { state: "ok", detail: "", since: null } } }),
};
