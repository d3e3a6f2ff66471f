/** The log lines of one service around one moment. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import { serverNow } from "@/lib/clock";
import type { LogsAsked } from "./view-model";

/** Without a time the lines up to now are meant, whenever it is asked. */
export function logsQuery({ service, eventTs, ...asked }: LogsAsked) {
  return queryOptions({
    queryKey: ["logs", service, eventTs, asked],
    queryFn: ({ signal }) => {
      const event_ts = eventTs ?? new Date(serverNow()).toISOString();
      return unwrap(api.GET("/logs", { params: { query: { service, event_ts, ...asked } }, signal }));
    },
    enabled: service !== "",
    placeholderData: keepPreviousData,
  });
}
