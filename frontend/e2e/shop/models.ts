/** The made-up shop's models, and a retrain that gets on a little each time it is asked for. */
import type { ModelList, ModelStatus, RetrainJob } from "../../src/lib/api/types.ts";
import { at, jobOf, modelOf, modelsOf } from "../../src/testing/factories.ts";
import { serviceNames } from "./services.ts";

function pairs(now: number): ModelStatus[] {
  const ready = { trained_at: at(-3_600, now) };
  return serviceNames().flatMap((name) => [
    modelOf(name, "cpu", {
      ...ready,
      before: at(-90_000, now),
      ...(name === "cart" && {
        candidate: "it would have called 9 % of the last day anomalous, the present one 0.1 %",
      }),
    }),
    name === "search"
      ? modelOf("search", "err", {
          state: "warming_up",
          have: 31,
          trained_at: null,
          samples: null,
          usual: null,
          version: null,
          eta: at(120, now),
        })
      : modelOf(name, "lat", ready),
  ]);
}

const URGENCY = { failed: 0, warming_up: 2, ready: 3 };
const urgency = (model: ModelStatus) => (model.candidate ? 1 : URGENCY[model.state]);

/** One page of those that fit the query, what needs a look first; the other sorts are the server's own matter. */
export function models(query: URLSearchParams, now: number): ModelList {
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (name: "service" | "metric" | "state", each: ModelStatus) =>
    !query.has(name) || query.getAll(name).includes(each[name]);
  const fitting = pairs(now).filter(
    (each) =>
      fits("service", each) &&
      fits("metric", each) &&
      words.every((word) => `${each.service} ${each.metric} ${each.title}`.toLowerCase().includes(word)),
  );
  const found = fitting.filter((each) => fits("state", each)).sort((a, b) => urgency(a) - urgency(b));
  if (query.get("sort")?.startsWith("-")) found.reverse();
  const from = Number(query.get("offset") ?? 0);
  const items = found.slice(from, from + Number(query.get("limit") ?? found.length));
  return { ...modelsOf(...fitting), items, total: found.length };
}

let job: RetrainJob | null = null;

/** The job started, or null while one runs. */
export function retrain(now: number): RetrainJob | null {
  if (job?.state === "running") return null;
  job = jobOf({ started_at: at(0, now), done: 0, trained: 0 });
  return job;
}

/** The job, which ends at once; null when there is none of that id. */
export function cancelRetrain(id: string, now: number): RetrainJob | null {
  if (job?.id !== id) return null;
  if (job.state === "running") job = { ...job, state: "cancelled", finished_at: at(0, now) };
  return job;
}

export function progress(now: number): RetrainJob | null {
  if (job?.state === "running") {
    job = {
      ...job,
      done: Math.min(job.total, job.done + 3),
      trained: Math.min(job.total - 1, job.trained + 3),
    };
    if (job.done === job.total) job = { ...job, state: "done", finished_at: at(0, now) };
  }
  return job;
}
