/** Backtests: begin, watch, cancel one; its pairs and their charts. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import type { BacktestBody } from "@/lib/api/types";

const PROGRESS_EVERY_MS = 1_000;

export const backtestsQuery = queryOptions({
  queryKey: ["backtest", "list"],
  queryFn: ({ signal }) => unwrap(api.GET("/backtests", { signal })),
});

/** A running one is asked for by itself: neither Paused nor a hidden tab must miss its end. */
export function backtestQuery(id: string) {
  return queryOptions({
    queryKey: ["backtest", "one", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/backtests/{backtest_id}", { params: { path: { backtest_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data?.state === "running" ? PROGRESS_EVERY_MS : false),
    refetchIntervalInBackground: true,
  });
}

/** What a done one has found stays as it is. */
const settled = { staleTime: Number.POSITIVE_INFINITY } as const;

export function backtestPairsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ["backtest-pairs", id],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/backtests/{backtest_id}/pairs", {
          params: { path: { backtest_id: id }, query: { offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_offset,
    ...settled,
  });
}

export function backtestSeriesQuery(id: string, service: string, metric: string) {
  return queryOptions({
    queryKey: ["backtest-series", id, service, metric],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/backtests/{backtest_id}/series", {
          params: { path: { backtest_id: id }, query: { service, metric } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    ...settled,
  });
}

export const watchedKey = ["watched-backtest"];

export function useBeginBacktest() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BacktestBody) => unwrap(api.POST("/backtests", { body })),
    onSuccess: (backtest) => {
      client.setQueryData(backtestQuery(backtest.id).queryKey, backtest);
      // The shell tells of its end, whichever page is shown then.
      client.setQueryData(watchedKey, backtest.id);
    },
    onSettled: () => client.invalidateQueries({ queryKey: backtestsQuery.queryKey }),
  });
}

export function useCancelBacktest(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST("/backtests/{backtest_id}/cancel", { params: { path: { backtest_id: id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["backtest"] }),
  });
}

/** What can be asked about: the metrics, with what each is judged by now. */
export const metricsQuery = queryOptions({
  queryKey: ["sensitivity"],
  queryFn: ({ signal }) => unwrap(api.GET("/sensitivity", { signal })),
});
