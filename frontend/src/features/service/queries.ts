/** The newest reading of each of one service's metrics. */
import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

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
