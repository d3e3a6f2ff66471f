/** Each metric's sensitivity: what it is, what another would do, saving it. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import type { MetricSensitivity } from "@/lib/api/types";

export type Sensitivity = MetricSensitivity["sensitivity"];

export const sensitivityQuery = queryOptions({
  queryKey: ["sensitivity"],
  queryFn: ({ signal }) => unwrap(api.GET("/sensitivity", { signal })),
});

export function previewQuery(metric: string, sensitivity: Sensitivity, days: number) {
  return queryOptions({
    queryKey: ["sensitivity-preview", metric, sensitivity, days],
    queryFn: ({ signal }) =>
      unwrap(api.POST("/sensitivity/preview", { body: { metric, sensitivity, days }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** Null returns to the configuration's. */
export function useSaveSensitivity(metric: string) {
  const client = useQueryClient();
  const params = { path: { metric } };
  return useMutation({
    mutationFn: (sensitivity: Sensitivity | null) =>
      sensitivity === null
        ? unwrap(api.DELETE("/sensitivity/{metric}", { params }))
        : unwrap(api.PUT("/sensitivity/{metric}", { params, body: { sensitivity, by: "operator" } })),
    onSuccess: (list) => client.setQueryData(sensitivityQuery.queryKey, list),
    onSettled: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}
