/** What the logs page asks for, read from the address; lines, sources and counts in words. */
import type { LogHistogram, LogRow, LogSource, LogTemplate } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import { leftOut, oneOf } from "@/lib/left-out";
import { servicePath } from "@/lib/paths";
import { rangeChecks, rangeEnds, readRange, type TimeRange } from "@/lib/time-range";

export const LEVELS = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "UNKNOWN"] as const;
export type Level = (typeof LEVELS)[number];
/** Levels are told apart by glyph and word, not by colour alone. */
export const GLYPHS: Record<Level, string> = {
  FATAL: "◆",
  ERROR: "◆",
  WARN: "▲",
  INFO: "●",
  DEBUG: "○",
  TRACE: "·",
  UNKNOWN: "◌",
};
export const SPANS = ["30s", "1m", "5m", "15m", "1h"] as const;
const DEFAULT_BEFORE = "1m";
const DEFAULT_AFTER = "30s";
const HOUR = 3_600_000;
const AROUND_LIMIT = 1_000;
/** As the backend's: news below it is none. */
const NOTABLE = 0.3;

const VIEWS = ["lines", "templates", "live"] as const;
export type View = (typeof VIEWS)[number];

/** Lines around an event, those that explain it marked. */
export interface Around {
  eventTs: string;
  before: string;
  after: string;
  limit: number;
}

export interface LogsAsked {
  /** None: all. */
  service: string[];
  range: TimeRange;
  level: Level[];
  q: string;
  /** Only lines of this template; empty for any. */
  template: string;
  view: View;
  around: Around | null;
}

function validTime(text: string | null): string | null {
  return text && !Number.isNaN(Date.parse(text)) ? text : null;
}

export function logsAsked(search: URLSearchParams): LogsAsked {
  const eventTs = validTime(search.get("event_ts"));
  return {
    service: [...new Set(search.getAll("service").filter(Boolean))],
    range: readRange(search, HOUR),
    level: LEVELS.filter((level) => search.getAll("level").includes(level)),
    q: search.get("q") ?? "",
    template: search.get("template") ?? "",
    view: VIEWS.find((view) => view === search.get("view")) ?? "lines",
    around: eventTs
      ? {
          eventTs,
          before: search.get("before") || DEFAULT_BEFORE,
          after: search.get("after") || DEFAULT_AFTER,
          limit: AROUND_LIMIT,
        }
      : null,
  };
}

/** What of an address `logsAsked` leaves out, as it stands there. */
export function leftOutOf(search: URLSearchParams, { range }: LogsAsked): string[] {
  return leftOut(search, {
    ...rangeChecks(range),
    level: oneOf(LEVELS),
    view: oneOf(VIEWS),
    event_ts: (text) => validTime(text) !== null,
  });
}

/** Which lines, whenever they were written. */
export function contentOf({ service, level, q, template }: LogsAsked) {
  return { service, level, ...(q && { q }), ...(template && { template }) };
}

/** The query of a range as the API takes it, with both ends as of now. */
export function rangeQuery(asked: LogsAsked) {
  const { start, end } = rangeEnds(asked.range);
  return {
    ...contentOf(asked),
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
  };
}

export function describeSource(source: LogSource): string {
  if (source.state === "reading") {
    return `${source.path}: ${plural(source.lines, "line")} read${source.detail ? `; ${source.detail}` : ""}`;
  }
  const problem = source.state === "missing" ? "is missing" : "cannot be read";
  return `${source.path} ${problem}${source.detail ? `: ${source.detail}` : ""}`;
}

/** A line as a text file has it, its stack trace below. */
export function lineText(row: LogRow): string {
  const names = [row.service, row.logger, row.trace_id].filter(Boolean).join(" ");
  const stack = row.stack_trace ? `\n${row.stack_trace.trimEnd()}` : "";
  return `${row.timestamp} ${row.level} ${names} ${row.message}${stack}`;
}

const AROUND_METRICS = HOUR / 2;

/** The service's charts half an hour to either side of the line, its moment picked. */
export function metricsPath(row: Pick<LogRow, "service" | "timestamp">): string {
  const at = Date.parse(row.timestamp);
  const [path = "", name = ""] = servicePath(row.service).split("?");
  const search = new URLSearchParams(name);
  search.set("from", new Date(at - AROUND_METRICS).toISOString());
  search.set("to", new Date(at + AROUND_METRICS).toISOString());
  search.set("at", row.timestamp);
  return `${path}?${search}`;
}

/** The class alone: the package is the same for most lines and pushes the message out of sight. */
export function shortLogger(logger: string): string {
  return logger.slice(logger.lastIndexOf(".") + 1);
}

export type Tone = "bad" | "warn" | "calm";
const TONES: Partial<Record<Level, Tone>> = { FATAL: "bad", ERROR: "bad", WARN: "warn" };

export interface Bar {
  /** Milliseconds since the epoch. */
  start: number;
  end: number;
  /** Worst first. */
  counts: Record<Tone, number>;
}

/** One bar a stretch; `levels` are those shown, all if there are none. */
export function bars(histogram: LogHistogram, levels: readonly Level[]): Bar[] {
  const step = histogram.step * 1_000;
  const start = Date.parse(histogram.start);
  const shown = Object.entries(histogram.levels).filter(
    ([level]) => !levels.length || levels.includes(level as Level),
  );
  const length = Math.max(1, Math.ceil((Date.parse(histogram.end) - start) / step));
  return Array.from({ length }, (_, index) => {
    const counts: Bar["counts"] = { bad: 0, warn: 0, calm: 0 };
    for (const [level, of] of shown) counts[TONES[level as Level] ?? "calm"] += of[index] ?? 0;
    return { start: start + index * step, end: start + (index + 1) * step, counts };
  });
}

export const barTotal = ({ counts }: Bar) => counts.bad + counts.warn + counts.calm;

export function levelTotal(histogram: LogHistogram | undefined, level: Level): number | undefined {
  return histogram && (histogram.levels[level] ?? []).reduce((sum, count) => sum + count, 0);
}

export function histogramSummary(histogram: LogHistogram): string {
  const counts = LEVELS.map((level) => [level, levelTotal(histogram, level) ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${formatCount(count)} ${level}`);
  return `Lines over time: ${plural(histogram.total, "line")}${counts.length ? `: ${counts.join(", ")}` : ""}`;
}

/** "New", "More than usual" or nothing: what is as usual needs no word. */
export function newsWord(template: Pick<LogTemplate, "new" | "news">): string {
  if (template.news < NOTABLE) return "";
  return template.new ? "New" : "More";
}
