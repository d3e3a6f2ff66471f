/** What the logs page asks: pages of lines, counts over time, templates, the state of the sources. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import { contentOf, type LogsAsked, rangeQuery } from "./view-model";

const PAGE = 300;
const BINS = 80;
const TEMPLATES = 100;

const keyOf = (asked: LogsAsked) => [contentOf(asked), asked.range];

export function linePagesQuery(asked: LogsAsked) {
  return infiniteQueryOptions({
    queryKey: ["logs", "lines", ...keyOf(asked)],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...rangeQuery(asked), limit: PAGE, ...(pageParam && { cursor: pageParam }) };
      return unwrap(api.GET("/logs/lines", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.older,
    placeholderData: keepPreviousData,
    // The lines under the reader's eyes stay until other ones are asked for.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Of all levels, so that each can be offered with its count. */
export function histogramQuery(asked: LogsAsked) {
  const { level: _, ...query } = rangeQuery(asked);
  const { level: __, ...content } = contentOf(asked);
  return queryOptions({
    queryKey: ["logs", "histogram", content, asked.range],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/logs/histogram", { params: { query: { ...query, bins: BINS } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function templatePagesQuery(asked: LogsAsked) {
  return infiniteQueryOptions({
    queryKey: ["logs", "templates", ...keyOf(asked)],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...rangeQuery(asked), limit: TEMPLATES, offset: pageParam };
      return unwrap(api.GET("/logs/templates", { params: { query }, signal }));
    },
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const shown = pages.reduce((sum, { items }) => sum + items.length, 0);
      return shown < page.total ? shown : null;
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function aroundQuery(asked: LogsAsked) {
  const [service = ""] = asked.service;
  const { eventTs = "", ...around } = asked.around ?? {};
  return queryOptions({
    queryKey: ["logs", "around", service, asked.around, asked.level, asked.q],
    queryFn: ({ signal }) => {
      const query = { service, event_ts: eventTs, ...around, level: asked.level, q: asked.q };
      return unwrap(api.GET("/logs", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });
}

/** One line, whole, and so many around it on either side. */
export function contextQuery(id: number, around: number) {
  return queryOptions({
    queryKey: ["logs", "context", id, around],
    queryFn: ({ signal }) => {
      const params = { path: { line_id: id }, query: { before: around, after: around } };
      return unwrap(api.GET("/logs/lines/{line_id}", { params, signal }));
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function sourcesQuery(service: readonly string[]) {
  return queryOptions({
    queryKey: ["logs", "sources", service],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/logs/sources", { params: { query: { service: [...service] } }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** Where the whole range is to be had as text, below the API's own address. */
export function exportPath(asked: LogsAsked): string {
  const { service, level, ...rest } = rangeQuery(asked);
  const search = new URLSearchParams(rest);
  for (const each of service) search.append("service", each);
  for (const each of level) search.append("level", each);
  return `/logs/export?${search}`;
}
