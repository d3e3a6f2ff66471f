/** What metrics are called, by their keys. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { overviewQuery } from "@/lib/api/queries";

/** Titles of all metrics any service has; empty before the first overview. */
export function useMetricTitles(): ReadonlyMap<string, string> {
  const { data } = useQuery(overviewQuery);
  return useMemo(() => {
    const titles = new Map<string, string>();
    for (const service of data?.services ?? []) {
      for (const [key, metric] of Object.entries(service.metrics)) titles.set(key, metric.title);
    }
    return titles;
  }, [data]);
}
