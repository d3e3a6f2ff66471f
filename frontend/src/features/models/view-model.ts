/** The words for a model's and a retrain job's state, and what a list's address asks for. */
import type { ModelStatus, RetrainJob } from "@/lib/api/types";
import {
  formatCount,
  formatDuration,
  formatMinute,
  formatNumber,
  formatRelative,
  plural,
} from "@/lib/format";
import { leftOut, oneOf } from "@/lib/left-out";
import type { Zone } from "@/lib/preferences";

export interface ModelWords {
  glyph: string;
  word: string;
  tone: "ready" | "alarming" | "learning" | "failed";
  detail: string;
}

/** What a row says of a model that serves: the rarer it is, the more it has to be seen. */
function readyDetail(model: ModelStatus): string {
  if (model.candidate) return "a newer one was held back";
  if (model.held) return "gone back to, held until the next retrain";
  return model.reason;
}

/** "0.4 % of 12,000 readings": how often it called one anomalous since it serves. */
export function alertRateText({ alert_rate, judged }: ModelStatus): string {
  return alert_rate === null
    ? "none judged yet"
    : `${formatNumber(alert_rate * 100)}% of ${formatCount(judged)}`;
}

export const STATES = { failed: "Failed", warming_up: "Learning", ready: "Ready" } as const;
export type ModelState = keyof typeof STATES;

/** More than this the API does not look for. */
const LONGEST_TEXT = 200;

export function describeModel(model: ModelStatus, now: number, zone: Zone): ModelWords {
  if (model.alarming)
    return {
      glyph: "▲",
      word: `${STATES.ready}, alerts a lot`,
      tone: "alarming",
      detail: readyDetail(model),
    };
  if (model.state === "ready")
    return { glyph: "●", word: STATES.ready, tone: "ready", detail: readyDetail(model) };
  if (model.state === "failed") {
    return { glyph: "▲", word: STATES.failed, tone: "failed", detail: model.reason };
  }
  const eta = model.eta
    ? `ready at ${formatMinute(model.eta, zone)} (${formatRelative(model.eta, now)})`
    : model.reason;
  return {
    glyph: "◌",
    word: STATES.warming_up,
    tone: "learning",
    detail: [`${model.have} of ${model.need} samples`, eta].filter(Boolean).join(", "),
  };
}

/** A list's columns as an address names them, and as the API does. */
const SORTS = {
  service: "service",
  metric: "metric",
  state: "state",
  trained: "trained_at",
  samples: "samples",
  alerts: "alert_rate",
} as const;
export type SortColumn = keyof typeof SORTS;

export interface ModelOrder {
  by: SortColumn;
  down: boolean;
}

/** What needs a look first, then by name. */
export const TROUBLE_FIRST: ModelOrder = { by: "state", down: false };

/** "trained", "-trained": as an address says it. */
export function readOrder(text: string | null): ModelOrder {
  const down = text?.startsWith("-") ?? false;
  const by = (Object.keys(SORTS) as SortColumn[]).find((each) => each === text?.replace("-", ""));
  return by ? { by, down } : TROUBLE_FIRST;
}

export const orderText = ({ by, down }: ModelOrder) => (down ? `-${by}` : by);

const STATE_KEYS = Object.keys(STATES) as ModelState[];

/** The address's filters as the API takes them; what the address says wrongly is left out. */
export function filtersOf(search: URLSearchParams) {
  const q = (search.get("q") ?? "").slice(0, LONGEST_TEXT);
  const state = STATE_KEYS.filter((each) => search.getAll("state").includes(each));
  const { by, down } = readOrder(search.get("sort"));
  const sort = down ? (`-${SORTS[by]}` as const) : SORTS[by];
  return { ...(q && { q }), ...(state.length && { state }), sort };
}

/** What of an address `filtersOf` leaves out, as it stands there. */
export const leftOutOf = (search: URLSearchParams) =>
  leftOut(search, { state: oneOf(STATE_KEYS), sort: (text) => readOrder(text) !== TROUBLE_FIRST });

export type ModelFilters = ReturnType<typeof filtersOf>;

export const isFiltered = ({ q, state }: ModelFilters) => q !== undefined || state !== undefined;

/** Who or what began a job. */
export const TRIGGERS: Record<RetrainJob["trigger"], string> = {
  start: "First models",
  schedule: "By schedule",
  api: "By hand",
  command: "From the command line",
  resolved: "After an incident was resolved",
  seasons: "Habits of earlier weeks",
};

/** Reads what came before the stored readings; nobody asked for it, and where there is nothing all is well. */
export const isBackground = (job: RetrainJob) => job.trigger === "seasons";

const ENDS = { done: "Done", failed: "Failed", cancelled: "Cancelled" } as const;

/** "Done 1 min ago, in 10 s: 11 models trained, 1 skipped, 0 failed." */
export function describeJob(job: RetrainJob, now: number): string {
  const counts = `${plural(job.trained, "model")} trained, ${job.skipped.length} skipped, ${job.failed.length} failed${job.held_back.length ? `, ${job.held_back.length} held back` : ""}`;
  if (job.state === "running") return `${job.done} of ${job.total} pairs: ${counts}.`;
  const when = job.finished_at
    ? ` ${formatRelative(job.finished_at, now)}, in ${formatDuration(Date.parse(job.finished_at) - Date.parse(job.started_at))}`
    : "";
  return `${ENDS[job.state]}${when}: ${counts}.`;
}

/** What came of reading the weeks before the stored readings. */
export function describeSeasons(job: RetrainJob, now: number): string {
  const when = job.finished_at ? ` (${formatRelative(job.finished_at, now)})` : "";
  if (job.state === "running")
    return `Reading earlier weeks from Prometheus: ${job.done} of ${job.total} pairs.`;
  if (job.state === "cancelled") return `Reading earlier weeks was cancelled${when}; tried again in a day.`;
  if (job.state === "failed") return `Earlier weeks could not be learned from${when}: ${job.detail}`;
  if (job.trained > 0) {
    return `${plural(job.trained, "model knows", "models know")} the daily and weekly habits of earlier weeks${when}.`;
  }
  if (job.failed.length || job.held_back.length) return `No model learned from earlier weeks${when}.`;
  return `No earlier weeks in Prometheus${when}: daily and weekly habits are learned from now on.`;
}
