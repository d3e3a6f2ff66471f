/** The made-up shop's log as the Logs page reads it: pages, tail, context, histogram, templates. */
import type {
  LogContext,
  LogHistogram,
  LogPage,
  LogRow,
  LogSources,
  LogTail,
  LogTemplates,
} from "../../src/lib/api/types.ts";
import { at } from "../../src/testing/factories.ts";
import { rowOf, templateOf } from "../../src/testing/range-factories.ts";

const LINES = 2_400;
const STEP_MS = 1_500;
const LEVELS = ["INFO", "INFO", "INFO", "DEBUG", "INFO", "WARN", "INFO", "INFO", "ERROR", "INFO"] as const;
const WORDS: Record<string, string> = {
  INFO: "payment accepted in 31 ms",
  DEBUG: "cache hit for card 4711",
  WARN: "retrying card 4: the ledger did not answer within 800 ms",
  ERROR: "upstream timeout after 3000 ms: connection pool exhausted (10/10)",
};
const TRACE =
  "java.sql.SQLTransientConnectionException: timeout\n\tat shop.payment.Ledger.save(Ledger.java:41)\n";

/** The line of that number; the same whenever it is asked for. */
function row(id: number, service = "payment-service"): LogRow {
  const level = LEVELS[id % LEVELS.length] ?? "INFO";
  return rowOf(id, {
    timestamp: new Date(id * STEP_MS).toISOString(),
    service,
    level,
    message: WORDS[level] ?? "",
    stack_trace: level === "ERROR" ? TRACE : "",
    trace_id: id % 4 ? "" : `7f3a${id.toString(16)}`,
  });
}

const newestId = (now: number) => Math.floor(now / STEP_MS);

function fits(query: URLSearchParams) {
  const levels = query.getAll("level");
  const q = (query.get("q") ?? "").toLowerCase();
  return (line: LogRow) =>
    (!levels.length || levels.includes(line.level)) && line.message.toLowerCase().includes(q);
}

export function lines(query: URLSearchParams, now: number): LogPage {
  const start = Date.parse(query.get("start") ?? at(-3_600, now));
  const end = Math.min(now, Date.parse(query.get("end") ?? at(0, now)));
  const last = Number(query.get("cursor") ?? newestId(end));
  const first = Math.max(Math.ceil(start / STEP_MS), newestId(end) - LINES);
  const found: LogRow[] = [];
  let id = last;
  for (; id > first && found.length < Number(query.get("limit") ?? 300); id--) {
    const line = row(id, query.get("service") ?? undefined);
    if (fits(query)(line)) found.unshift(line);
  }
  return {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    total: Math.max(0, newestId(end) - first),
    lines: found,
    older: id > first ? String(id) : null,
  };
}

export function tail(query: URLSearchParams, now: number): LogTail {
  const newest = newestId(now);
  const after = Number(query.get("after") ?? newest);
  const ids = Array.from({ length: Math.min(50, newest - after) }, (_, index) => newest - index).reverse();
  return { cursor: newest, dropped: 0, lines: ids.map((id) => row(id)).filter(fits(query)) };
}

export function context(id: number): LogContext {
  const around = Array.from({ length: 21 }, (_, index) => row(id - 10 + index));
  return { line: row(id), lines: around };
}

export function histogram(query: URLSearchParams, now: number): LogHistogram {
  const start = query.get("start") ?? at(-3_600, now);
  const end = query.get("end") ?? at(0, now);
  const bars = 60;
  const step = (Date.parse(end) - Date.parse(start)) / bars / 1_000;
  const counts = (base: number) =>
    Array.from({ length: bars }, (_, bar) => Math.round(base * (1 + Math.sin(bar / 5) / 3)));
  const late = counts(6).map((count, bar) => (bar > 56 ? count * 6 : bar % 9 ? 0 : 1));
  const levels = { INFO: counts(40), WARN: counts(4), ERROR: late };
  const total = Object.values(levels)
    .flat()
    .reduce((sum, count) => sum + count, 0);
  return { start, end, step, total, levels };
}

export function templates(query: URLSearchParams, now: number): LogTemplates {
  const [start, end] = [query.get("start") ?? at(-3_600, now), query.get("end") ?? at(0, now)];
  const quiet = { before: 1_200, new: false, news: 0, cause: "" };
  const items = [
    templateOf({ first_seen: at(-180, now), last_seen: at(-4, now) }),
    templateOf({
      ...quiet,
      level: "WARN",
      template: "retrying card <*>",
      count: 240,
      before: 31,
      news: 0.62,
    }),
    templateOf({ ...quiet, level: "INFO", template: "payment accepted in <*>", count: 1_680 }),
    templateOf({ ...quiet, level: "DEBUG", template: "cache hit for card <*>", count: 240 }),
  ];
  return {
    start,
    end,
    compared_with: { start: at(-7_200, now), end: start },
    total: items.length,
    truncated: false,
    items,
  };
}

export const sources = (): LogSources => ({
  services: ["order-service", "payment-service"],
  sources: [
    { path: "logs/payment-service.log", state: "reading", detail: "", lines: 120_400 },
    {
      path: "logs/ledger.log",
      state: "missing",
      detail: "no such file yet; looked for logs/ledger.log",
      lines: 0,
    },
  ],
});
