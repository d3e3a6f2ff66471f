/** The questions that more than one page asks; their keys are what live updates make stale. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { serverNow } from "@/lib/clock";
import { api, unwrap, unwrapWith } from "./client";
import type { Severity, Status } from "./types";

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => unwrap(api.GET("/overview", { signal })),
  // Nearly every value is new each time: looking for those that are not costs more than drawing what is in view.
  structuralSharing: false,
});

export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => unwrap(api.GET("/services", { signal })),
});

export const readyQuery = queryOptions({
  queryKey: ["ready"],
  queryFn: ({ signal }) => unwrapWith(api.GET("/ready", { signal }), 503),
});

/** The states that still wait for somebody: what the backend counts as not resolved. */
export const NOT_RESOLVED: Status[] = ["OPEN", "ACKNOWLEDGED"];

export interface IncidentFilters {
  service?: string[];
  metric?: string[];
  severity?: Severity[];
  status?: Status[];
  q?: string;
  /** RFC 3339: only what fired in between. */
  start?: string;
  end?: string;
  sort?: string;
  limit?: number;
}

/** The first page only: for lists of a fixed few. */
export function incidentsQuery(filters: IncidentFilters) {
  return queryOptions({
    queryKey: ["incidents", "first", filters],
    queryFn: ({ signal }) => unwrap(api.GET("/incidents", { params: { query: filters }, signal })),
    placeholderData: keepPreviousData,
  });
}

export interface HistoryRange {
  service: string;
  metric: string;
  start?: string;
  end?: string;
  /** Instead of `start`: this many milliseconds up to now, whenever it is asked. */
  last?: number;
}

export function historyQuery({ last, ...range }: HistoryRange) {
  return queryOptions({
    queryKey: ["history", range, last],
    queryFn: ({ signal }) => {
      const start = last === undefined ? {} : { start: new Date(serverNow() - last).toISOString() };
      return unwrap(api.GET("/metrics/history", { params: { query: { ...range, ...start } }, signal }));
    },
    placeholderData: keepPreviousData,
  });
}

/** What happened to a service: restarts, deploys and the like, by their time. */
export function annotationsQuery(range: { service: string; start: string; end?: string }) {
  return queryOptions({
    queryKey: ["annotations", range],
    queryFn: ({ signal }) => unwrap(api.GET("/annotations", { params: { query: range }, signal })),
    placeholderData: keepPreviousData,
  });
}
