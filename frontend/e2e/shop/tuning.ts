/** Backtests and sensitivities of the made-up shop: one run goes on for some questions, then is done. */
import type { Backtest, MetricSensitivity, SensitivityList } from "../../src/lib/api/types.ts";
import { at } from "../../src/testing/factories.ts";
import {
  backtestOf,
  comparedOf,
  fireOf,
  pairOf,
  previewOf,
  sensitivitiesOf,
  seriesOf,
} from "../../src/testing/tuning-factories.ts";

interface Answer {
  status: number;
  body: unknown;
}

type Body = Record<string, unknown>;

const TOTAL = 16;
const STEP = 4;
let runs: Backtest[] = [comparedOf({ id: "b1" }, Date.now())];
let settings: SensitivityList = sensitivitiesOf();

const ok = (body: unknown, status = 200): Answer => ({ status, body });

function begin(body: Body, now: number): Answer {
  if (runs.some((run) => run.state === "running"))
    return ok({ title: "Conflict", detail: "Backtest b1 runs." }, 409);
  const made = body.sensitivity || body.policy || body.detector ? comparedOf({}, now) : backtestOf({}, now);
  const running: Backtest = {
    ...made,
    id: `b${runs.length + 1}`,
    state: "running",
    phase: "replaying",
    service: typeof body.service === "string" ? body.service : null,
    metric: typeof body.metric === "string" ? body.metric : null,
    started_at: at(0, now),
    finished_at: null,
    eta: at(4, now),
    done: 0,
    total: TOTAL,
  };
  runs = [running, ...runs];
  return ok(running, 202);
}

function advance(run: Backtest, now: number): Backtest {
  if (run.state !== "running") return run;
  const done = Math.min(TOTAL, run.done + STEP);
  const ended = done === TOTAL ? ({ state: "done", phase: "ended", finished_at: at(0, now) } as const) : {};
  return { ...run, done, ...ended };
}

function pairs(run: Backtest, now: number): Answer {
  const compared = run.asked !== null;
  const asked = compared ? { incidents: 2, firing: 20, alerts_per_week: 2 } : null;
  const appears = fireOf(
    { start: at(-300_000, now), end: at(-299_000, now), change: "appears", severity: "High" },
    now,
  );
  const first = pairOf({}, now);
  const items = [
    { ...first, asked, incidents: compared ? [...first.incidents, appears] : first.incidents },
    ...Array.from({ length: TOTAL - 1 }, (_, index) =>
      pairOf(
        {
          service: `service-${index}`,
          present: { incidents: 0, firing: 0, alerts_per_week: 0 },
          incidents: [],
          real: [],
        },
        now,
      ),
    ),
  ];
  return ok({ items, total: items.length, next_offset: null });
}

function backtests(
  method: string,
  parts: string[],
  body: Body,
  query: URLSearchParams,
  now: number,
): Answer | null {
  const [id, what] = parts;
  if (!id) return method === "POST" ? begin(body, now) : ok({ items: runs });
  runs = runs.map((run) => (run.id === id ? advance(run, now) : run));
  const run = runs.find((each) => each.id === id);
  if (!run) return null;
  if (what === "pairs") return pairs(run, now);
  if (what === "series") {
    return ok(
      seriesOf({ service: query.get("service") ?? "", asked_threshold: run.asked ? 0.6 : null }, now),
    );
  }
  if (what === "cancel") {
    const cancelled = { ...run, state: "cancelled", detail: "cancelled by an operator" } as const;
    runs = runs.map((each) => (each.id === id ? cancelled : each));
    return ok(cancelled, 202);
  }
  return ok(run);
}

function judgedBy(
  item: MetricSensitivity,
  sensitivity: MetricSensitivity["sensitivity"] | null,
): MetricSensitivity {
  const next = sensitivity ?? item.configured;
  const threshold = typeof next === "number" ? next : (settings.words[next] ?? 0);
  return {
    ...item,
    sensitivity: next,
    threshold,
    source: sensitivity === null ? "configuration" : "operator",
  };
}

function sensitivity(method: string, parts: string[], body: Body, now: number): Answer {
  const [metric] = parts;
  if (metric === "preview") return ok(previewOf({ sensitivity: body.sensitivity as "high" }, now));
  if (metric && method !== "GET") {
    const wanted = method === "PUT" ? (body.sensitivity as "high") : null;
    settings = {
      ...settings,
      items: settings.items.map((item) => (item.metric === metric ? judgedBy(item, wanted) : item)),
      history: [{ at: at(0, now), by: "operator", metric, sensitivity: wanted }, ...settings.history],
    };
  }
  return ok(settings);
}

/** What is answered to a call under /backtests or /sensitivity; null where it is neither, or there is none such. */
export function tuning(method: string, url: URL, path: string, body: Body, now: number): Answer | null {
  const [, room, ...parts] = path.split("/");
  if (room === "backtests") return backtests(method, parts, body, url.searchParams, now);
  return room === "sensitivity" ? sensitivity(method, parts, body, now) : null;
}
