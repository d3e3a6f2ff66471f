/** The newest reading of each of one service's metrics. */
import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

export function serviceQuery(service: string) {
  return queryOptions({
    queryKey: ["service", service],
    queryFn: ({ signal }) => unwrap(api.GET("/metrics", { params: { query: { service } }, signal })),
  });
}
