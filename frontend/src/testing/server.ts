/** The backend as tests see it: answers whose types come from the same schema as the UI's. */
import { delay, HttpResponse, http, type RequestHandler } from "msw";
import { setupServer } from "msw/node";
import type { paths } from "@/lib/api/schema.gen";
import {
  at,
  historyOf,
  incidentDetailOf,
  incidentListOf,
  incidentOf,
  metricOf,
  modelOf,
  modelsOf,
  overviewOf,
  serviceOf,
} from "./factories";
import { changesOf, histogramOf, linesOf, logsOf, rowOf, templatesOf } from "./range-factories";
import { sensitivitiesOf } from "./tuning-factories";

type Method = "get" | "post" | "put" | "delete";
type Json<Responses, Code extends number> = Responses extends {
  [code in Code]: { content: { "application/json": infer Body } };
}
  ? Body
  : never;
type Answer<P extends keyof paths, M extends Method> = paths[P][M] extends { responses: infer Responses }
  ? Json<Responses, 200> | Json<Responses, 202>
  : never;

export const urlOf = (path: string) => `*/api/v1${path.replace(/\{(\w+)\}/g, ":$1")}`;

/** Answers each such call with `body`; a function is given the request. */
export function answer<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  body: Answer<P, M> | ((request: Request) => Answer<P, M> | Promise<Answer<P, M>>),
): RequestHandler {
  return http[method](urlOf(path), async ({ request }) => {
    const value = typeof body === "function" ? await (body as (request: Request) => unknown)(request) : body;
    return HttpResponse.json(value as object);
  });
}

/** Refuses with problem+json. */
export function refuse(method: Method, path: keyof paths, status: number, detail: string): RequestHandler {
  return http[method](urlOf(path), () =>
    HttpResponse.json(
      { type: "about:blank", title: "Problem", status, detail },
      { status, headers: { "content-type": "application/problem+json" } },
    ),
  );
}

/** Never answers: the page stays in its loading state. */
export function hang(path: keyof paths): RequestHandler {
  return http.get(urlOf(path), async () => {
    await delay("infinite");
    return HttpResponse.error();
  });
}

/** No answer at all, as when the backend is stopped. */
export function unreachable(path: keyof paths): RequestHandler {
  return http.get(urlOf(path), () => HttpResponse.error());
}

/** A quiet, healthy system; each test lays its own case over it by `server.use`. */
export const server = setupServer(
  answer("get", "/overview", overviewOf([serviceOf("payment-service")])),
  answer("get", "/services", ["order-service", "payment-service"]),
  answer("get", "/metrics", { service: "payment-service", timestamp: null, metrics: { lat: metricOf() } }),
  answer("get", "/incidents", incidentListOf([incidentOf(7)])),
  answer("get", "/annotations", { start: at(-3_600), end: at(0), items: [], truncated: false }),
  answer("get", "/incidents/ids", { ids: [7], total: 1 }),
  answer("get", "/incidents/{incident_id}", incidentDetailOf(7)),
  answer("get", "/changes", changesOf()),
  answer("get", "/logs", logsOf()),
  answer("get", "/logs/lines", linesOf([rowOf(1), rowOf(2)])),
  answer("get", "/logs/histogram", histogramOf()),
  answer("get", "/logs/templates", templatesOf()),
  answer("get", "/logs/sources", { services: ["payment-service"], sources: [] }),
  answer("get", "/models", modelsOf(modelOf("payment-service", "lat"))),
  answer("get", "/retrain", null),
  answer("get", "/sensitivity", sensitivitiesOf()),
  answer("get", "/backtests", { items: [] }),
  answer("get", "/ready", { ready: true, dependencies: {} }),
  answer("get", "/metrics/history", (request) => {
    const query = new URL(request.url).searchParams;
    return historyOf(query.get("service") ?? "", query.get("metric") ?? "");
  }),
);
