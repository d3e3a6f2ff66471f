/** What the incident pages ask of the backend. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, isGone, unwrap } from "@/lib/api/client";
import type { IncidentDetail, IncidentSummary } from "@/lib/api/types";
import type { RowsWindow } from "@/lib/rows-window";
import { apiFilters, type ListFilters } from "./list-model";

const RELATED = 8;
/** How far apart two incidents may begin and still have to do with each other. */
const AROUND_MS = 5 * 60_000;

export function incidentQuery(id: number) {
  return queryOptions({
    queryKey: ["incident", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/incidents/{incident_id}", { params: { path: { incident_id: id } }, signal })),
  });
}

/** The rows in view, and the counts of all; the answer says which rows it holds, and of what filters. */
export function incidentWindowQuery(filters: ListFilters, window: RowsWindow) {
  return queryOptions({
    queryKey: ["incidents", "window", filters, window],
    queryFn: async ({ signal }) => {
      const query = { ...apiFilters(filters), ...window };
      const page = await unwrap(api.GET("/incidents", { params: { query }, signal }));
      return { ...page, ...window, scope: JSON.stringify(filters) };
    },
    placeholderData: keepPreviousData,
  });
}

/** Which incidents fit, in order: for choosing many of them. */
export function incidentIdsQuery(filters: ListFilters) {
  return queryOptions({
    queryKey: ["incident-ids", filters],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/incidents/ids", { params: { query: apiFilters(filters) }, signal })),
  });
}

/** The same for stepping through them: as it was when the incident was opened, or resolving it would move it away. */
export function trailQuery(filters: ListFilters) {
  return queryOptions({ ...incidentIdsQuery(filters), staleTime: Infinity, refetchOnMount: "always" });
}

/** What else fired while this one did. */
export function relatedQuery({ id, event_ts, last_fired_at }: IncidentDetail) {
  const moved = (time: string, by: number) => new Date(Date.parse(time) + by).toISOString();
  const query = {
    start: moved(event_ts, -AROUND_MS),
    end: moved(last_fired_at > event_ts ? last_fired_at : event_ts, AROUND_MS),
    limit: RELATED + 1,
  };
  return queryOptions({
    queryKey: ["incidents", "related", id, query],
    queryFn: async ({ signal }) => {
      const page = await unwrap(api.GET("/incidents", { params: { query }, signal }));
      return { items: page.items.filter((each) => each.id !== id).slice(0, RELATED), total: page.total - 1 };
    },
    placeholderData: keepPreviousData,
  });
}

/** The log lines around another moment than the event's. */
export function logsAtQuery(service: string, at: string) {
  return queryOptions({
    queryKey: ["logs", "incident", service, at],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/logs", { params: { query: { service, event_ts: at } }, signal })),
    placeholderData: keepPreviousData,
  });
}

const EXPORT_PAGE = 500;

/** All that fit, page after page; tells how far it is. Throws the signal's reason when it is aborted. */
export async function fetchAll(
  filters: ListFilters,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<IncidentSummary[]> {
  const found: IncidentSummary[] = [];
  const query = { ...apiFilters(filters), limit: EXPORT_PAGE };
  let cursor: string | null = null;
  do {
    const page: { items: IncidentSummary[]; total: number; next_cursor: string | null } = await unwrap(
      api.GET("/incidents", { params: { query: { ...query, ...(cursor && { cursor }) } }, signal }),
    );
    found.push(...page.items);
    onProgress(found.length, page.total);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

/** So many are fetched one by one sooner than found among all that fit. */
const FEW = 20;

/**
 * The chosen ones, whatever the filters say by now: another operator's act may have moved them out of the list.
 * `missing` are those that are no longer there at all.
 */
export async function fetchChosen(
  ids: readonly number[],
  filters: ListFilters,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<{ found: IncidentSummary[]; missing: number[] }> {
  const chosen = new Set(ids);
  const listed = ids.length > FEW ? await fetchAll(filters, signal, onProgress) : [];
  const found = listed.filter((each) => chosen.delete(each.id));
  const missing: number[] = [];
  for (const id of chosen) {
    onProgress(found.length + missing.length, ids.length);
    const one = await fetchOne(id, signal);
    if (one) found.push(one);
    else missing.push(id);
  }
  return { found, missing };
}

/** Null where there is none such any more. */
async function fetchOne(id: number, signal: AbortSignal): Promise<IncidentSummary | null> {
  try {
    return await unwrap(
      api.GET("/incidents/{incident_id}", { params: { path: { incident_id: id } }, signal }),
    );
  } catch (error) {
    if (isGone(error as Error)) return null;
    throw error;
  }
}
