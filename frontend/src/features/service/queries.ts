/** What the service page asks: newest readings, their past, the incidents and logs in it, what changed. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import { annotationsQuery, incidentsQuery } from "@/lib/api/queries";
import { rangeEnds, type TimeRange } from "@/lib/time-range";
import type { Selection } from "./view-model";

/** More than a chart has pixels tell nothing more. */
const POINTS = 1_500;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A range so long hardly changes from poll to poll: it is asked for by the clock instead. */
const LONG = 6 * HOUR;
const LONG_RENEWAL_MS = 60_000;
const LOG_RENEWAL_MS = 10_000;

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

export function serviceQuery(service: string) {
  return queryOptions({
    queryKey: ["service", service],
    queryFn: async ({ signal }) => {
      const answer = await unwrap(api.GET("/metrics", { params: { query: { service } }, signal }));
      // Without a service the same address speaks Prometheus's text format, so its type is text, too.
      return answer as Exclude<typeof answer, string>;
    },
  });
}

export function pastQuery(service: string, metric: string, range: TimeRange) {
  const { start, end } = rangeEnds(range);
  const live = range.kind === "last" && end - start < LONG;
  return queryOptions({
    queryKey: [live ? "history" : "past", service, metric, range],
    queryFn: ({ signal }) => {
      const ends = rangeEnds(range);
      const query = { service, metric, start: iso(ends.start), end: iso(ends.end), points: POINTS };
      return unwrap(api.GET("/metrics/history", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    ...(range.kind === "last" && !live && { refetchInterval: LONG_RENEWAL_MS }),
  });
}

/** The newest that fired in the range; without ends, so that the question stays the same from poll to poll. */
export function bandsQuery(service: string, range: TimeRange, limit: number) {
  const ends = range.kind === "between" ? { start: range.start, end: range.end } : {};
  return incidentsQuery({ service: [service], sort: "-opened_at", limit, ...ends });
}

/** Restarts, deploys and the like in the range; by the minute, so that the question stays the same for one. */
export function happenedQuery(service: string, range: TimeRange) {
  const start = iso(Math.floor(rangeEnds(range).start / MINUTE) * MINUTE);
  return annotationsQuery({ service, start, ...(range.kind === "between" && { end: range.end }) });
}

export function changesQuery(service: string, { from, to }: Selection) {
  return queryOptions({
    queryKey: ["changes", service, from, to],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/changes", { params: { query: { service, start: from, end: to } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The lines around a moment; the newest ones without one. */
export function linesQuery(service: string, at: string | null) {
  return queryOptions({
    queryKey: ["logs", "service", service, at],
    queryFn: ({ signal }) => {
      const around = at ? { before: "1m", after: "30s" } : { before: "5m", after: "1m" };
      const event_ts = at ?? iso(rangeEnds({ kind: "last", milliseconds: 0 }).end);
      return unwrap(api.GET("/logs", { params: { query: { service, event_ts, ...around } }, signal }));
    },
    placeholderData: keepPreviousData,
    ...(at === null && { refetchInterval: LOG_RENEWAL_MS }),
  });
}
