/** What the logs page asks for, read from the address. */
import type { LogSource } from "@/lib/api/types";
import { plural } from "@/lib/format";

export const LEVELS = ["ERROR", "WARN", "INFO", "DEBUG"] as const;
export const SPANS = ["30s", "1m", "5m", "15m", "1h"] as const;
const DEFAULT_BEFORE = "1m";
const DEFAULT_AFTER = "30s";
const LIMIT = 1_000;

export interface LogsAsked {
  service: string;
  /** RFC 3339; null for now. */
  eventTs: string | null;
  before: string;
  after: string;
  level: (typeof LEVELS)[number][];
  q: string;
  limit: number;
}

function validTime(text: string | null): string | null {
  return text && !Number.isNaN(Date.parse(text)) ? text : null;
}

export function logsAsked(search: URLSearchParams): LogsAsked {
  const span = (name: string, fallback: string) => search.get(name) || fallback;
  return {
    service: search.get("service") ?? "",
    eventTs: validTime(search.get("event_ts")),
    before: span("before", DEFAULT_BEFORE),
    after: span("after", DEFAULT_AFTER),
    level: LEVELS.filter((level) => search.getAll("level").includes(level)),
    q: search.get("q") ?? "",
    limit: LIMIT,
  };
}

export function describeSource(source: LogSource): string {
  if (source.state === "reading") return `${source.path}: ${plural(source.lines, "line")} read`;
  const problem = source.state === "missing" ? "is missing" : "cannot be read";
  return `${source.path} ${problem}${source.detail ? `: ${source.detail}` : ""}`;
}
