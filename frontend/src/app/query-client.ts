/** How questions to the backend behave: old answers are kept, refusals are not repeated. */
import { focusManager, QueryClient } from "@tanstack/react-query";
import { ApiError, isTimeout } from "@/lib/api/client";
import { getPreferences } from "@/lib/preferences";

const ANSWERED_NO = 400;

const isRefusal = (error: Error) =>
  error instanceof ApiError && error.status >= ANSWERED_NO && error.status < 500;

/** In a hidden tab a second try would wait until it is looked at, and all that is asked later with it. */
const triesAgain = (failures: number, error: Error) =>
  failures < 1 && focusManager.isFocused() && !isRefusal(error) && !isTimeout(error);

/** Whoever comes back to the page finds it renewed, unless it is to hold still. */
const unlessPaused = () => getPreferences().refresh !== "paused";

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The backend may be on this very machine: the browser's idea of "offline" says nothing.
        networkMode: "always",
        staleTime: 1_000,
        refetchOnWindowFocus: unlessPaused,
        retry: triesAgain,
        retryDelay: 500,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
