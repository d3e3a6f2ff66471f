/** What the models are, and how the newest retrain goes. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import type { ModelStatus } from "@/lib/api/types";
import type { RowsWindow } from "@/lib/rows-window";
import type { ModelFilters } from "./view-model";

const PROGRESS_EVERY_MS = 1_000;

const MODELS = ["models"];

/** The rows in view, and the counts of all; the answer says which rows it holds, and of what filters. */
export function modelWindowQuery(filters: ModelFilters, window: RowsWindow) {
  return queryOptions({
    queryKey: [...MODELS, "window", filters, window],
    queryFn: async ({ signal }) => {
      const query = { ...filters, ...window };
      const page = await unwrap(api.GET("/models", { params: { query }, signal }));
      return { ...page, ...window, scope: JSON.stringify(filters) };
    },
    placeholderData: keepPreviousData,
  });
}

/** One pair's model; null where there is no such pair. */
export function modelQuery(service: string, metric: string) {
  return queryOptions({
    queryKey: [...MODELS, "one", service, metric],
    queryFn: async ({ signal }): Promise<ModelStatus | null> => {
      const query = { service: [service], metric: [metric], limit: 1 };
      return (await unwrap(api.GET("/models", { params: { query }, signal }))).items[0] ?? null;
    },
  });
}

/** The newest job, null before the first. A running one is asked for by itself: neither Paused nor a hidden tab must miss its end. */
export const retrainQuery = queryOptions({
  queryKey: ["retrain"],
  queryFn: ({ signal }) => unwrap(api.GET("/retrain", { signal })),
  refetchInterval: (query) => (query.state.data?.state === "running" ? PROGRESS_EVERY_MS : false),
  refetchIntervalInBackground: true,
});

/** The newest job that was more than the reading of earlier weeks: asked for where `retrainQuery` tells of one that was not. */
export const realRetrainQuery = queryOptions({
  queryKey: [...retrainQuery.queryKey, "real"],
  queryFn: ({ signal }) => unwrap(api.GET("/retrain", { params: { query: { background: false } }, signal })),
});

/** Of which models; without either, of all. */
export interface Pairs {
  service?: string;
  metric?: string;
}

/** `force` takes new models that judge very differently from the present ones too. */
export function useRetrain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (query: Pairs & { force?: boolean }) => unwrap(api.POST("/retrain", { params: { query } })),
    onSuccess: (job) => client.setQueryData(retrainQuery.queryKey, job),
    onSettled: () => client.invalidateQueries({ queryKey: retrainQuery.queryKey }),
  });
}

/** Serves the models before the present ones, until the next retrain. */
export function useRollback() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (query: Pairs) => unwrap(api.POST("/models/rollback", { params: { query } })),
    onSettled: () => client.invalidateQueries({ queryKey: MODELS }),
  });
}

export function useCancelRetrain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (job_id: string) =>
      unwrap(api.POST("/retrain/{job_id}/cancel", { params: { path: { job_id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: retrainQuery.queryKey }),
  });
}
