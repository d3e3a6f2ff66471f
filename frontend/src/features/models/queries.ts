/** What the models are, and how the newest retrain goes. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

const PROGRESS_EVERY_MS = 1_000;

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => unwrap(api.GET("/models", { signal })),
  // Tens of thousands of rows: drawing those in view costs less than looking for what stayed as it was.
  structuralSharing: false,
});

/** The newest job, null before the first. A running one is asked for by itself: Paused must not hide its end. */
export const retrainQuery = queryOptions({
  queryKey: ["retrain"],
  queryFn: ({ signal }) => unwrap(api.GET("/retrain", { signal })),
  refetchInterval: (query) => (query.state.data?.state === "running" ? PROGRESS_EVERY_MS : false),
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
    onSettled: () => client.invalidateQueries({ queryKey: modelsQuery.queryKey }),
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
