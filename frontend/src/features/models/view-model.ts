/** The words for a model's and a retrain job's state. */
import type { ModelStatus, RetrainJob } from "@/lib/api/types";
import { formatDuration, formatMinute, formatRelative, plural } from "@/lib/format";
import type { Zone } from "@/lib/preferences";

export interface ModelWords {
  word: string;
  tone: "ready" | "learning" | "failed";
  detail: string;
}

export function describeModel(model: ModelStatus, now: number, zone: Zone): ModelWords {
  if (model.state === "ready") return { word: "Ready", tone: "ready", detail: "" };
  if (model.state === "failed") return { word: "Failed", tone: "failed", detail: model.reason };
  const eta = model.eta
    ? `ready at ${formatMinute(model.eta, zone)} (${formatRelative(model.eta, now)})`
    : model.reason;
  return {
    word: "Learning",
    tone: "learning",
    detail: [`${model.have} of ${model.need} samples`, eta].filter(Boolean).join(", "),
  };
}

const TROUBLE_FIRST = { failed: 0, warming_up: 1, ready: 2 } as const;

/** What needs a look first, then by name. */
export function sortModels(models: readonly ModelStatus[]): ModelStatus[] {
  return [...models].sort(
    (a, b) =>
      TROUBLE_FIRST[a.state] - TROUBLE_FIRST[b.state] ||
      a.service.localeCompare(b.service) ||
      a.metric.localeCompare(b.metric),
  );
}

export function modelCounts(models: readonly ModelStatus[]): string {
  const count = (state: ModelStatus["state"]) => models.filter((model) => model.state === state).length;
  return `${count("ready")} ready, ${count("warming_up")} learning, ${count("failed")} failed`;
}

const ENDS = { done: "Done", failed: "Failed", cancelled: "Cancelled" } as const;

export function describeJob(job: RetrainJob, now: number): string {
  const counts = `${plural(job.trained, "model")} trained, ${job.skipped.length} skipped, ${job.failed.length} failed`;
  if (job.state === "running") return `${job.done} of ${job.total} pairs: ${counts}.`;
  const when = job.finished_at
    ? ` ${formatRelative(job.finished_at, now)}, in ${formatDuration(Date.parse(job.finished_at) - Date.parse(job.started_at))}`
    : "";
  return `${ENDS[job.state]}${when}: ${counts}.`;
}
