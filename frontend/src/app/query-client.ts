/** How questions to the backend behave: old answers are kept, refusals are not repeated. */
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/lib/api/client";

const ANSWERED_NO = 400;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The backend may be on this very machine: the browser's idea of "offline" says nothing.
        networkMode: "always",
        staleTime: 1_000,
        retry: (failures, error) =>
          failures < 1 && !(error instanceof ApiError && error.status >= ANSWERED_NO && error.status < 500),
        retryDelay: 500,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
