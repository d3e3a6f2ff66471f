/** The made-up shop's models, and a retrain that gets on a little each time it is asked for. */
import type { ModelList, RetrainJob } from "../../src/lib/api/types.ts";
import { at, jobOf, modelOf, modelsOf } from "../../src/testing/factories.ts";
import { services } from "./services.ts";

export function models(now: number): ModelList {
  return modelsOf(
    ...services(now).flatMap((each) => [
      modelOf(each.service, "cpu", {
        trained_at: at(-3_600, now),
        before: at(-90_000, now),
        ...(each.service === "cart" && {
          candidate: "it would have called 9 % of the last day anomalous, the present one 0.1 %",
        }),
      }),
      each.service === "search"
        ? modelOf("search", "err", {
            state: "warming_up",
            have: 31,
            trained_at: null,
            samples: null,
            usual: null,
            version: null,
            eta: at(120, now),
          })
        : modelOf(each.service, "lat", { trained_at: at(-3_600, now) }),
    ]),
  );
}

let job: RetrainJob | null = null;

/** The job started, or null while one runs. */
export function retrain(now: number): RetrainJob | null {
  if (job?.state === "running") return null;
  job = jobOf({ started_at: at(0, now), done: 0, trained: 0 });
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
