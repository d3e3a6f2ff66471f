/** Keeps what is on the screen fresh: server events, or a timer, make queries stale; never both. */
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { API_BASE } from "@/lib/api/client";
import type { StreamEvent, StreamState } from "@/lib/live-stream";
import type { RefreshMode } from "@/lib/preferences";
import { openSharedStream } from "@/lib/shared-stream";

export type Connection = StreamState | "polling" | "paused";

/** While the stream is lost the page asks by itself. */
export const FALLBACK_POLL_MS = 5_000;
/** Events that come closer together than this are answered once. */
const CALM_MS = 500;

const STALE_BY_EVENT: Record<StreamEvent, QueryKey[]> = {
  readings: [["overview"], ["service"], ["history"], ["annotations"], ["models"], ["services"]],
  incident: [["incidents"], ["incident"], ["overview"]],
  retrain: [["retrain"], ["models"]],
  source: [["ready"], ["overview"]],
  backtest: [["backtest"]],
  sensitivity: [["sensitivity"], ["models"]],
};

/** A fetch under way is left to finish: on a slow line cancelling would starve the page. */
function renew(client: QueryClient, queryKey?: QueryKey): void {
  void client.invalidateQueries(queryKey ? { queryKey } : {}, { cancelRefetch: false });
}

interface Gatherer {
  add: (event: StreamEvent) => void;
  stop: () => void;
}

/** Acts on the first event at once and on a flood of them once each `CALM_MS`; none is lost. */
export function gatherEvents(act: (key: QueryKey) => void): Gatherer {
  const waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  function flush(): void {
    timer = waiting.size ? setTimeout(flush, CALM_MS) : undefined;
    for (const key of waiting.values()) act(key);
    waiting.clear();
  }
  return {
    add(event) {
      for (const key of STALE_BY_EVENT[event]) waiting.set(String(key), key);
      if (timer === undefined) flush();
    },
    stop: () => clearTimeout(timer),
  };
}

function useStream(enabled: boolean): StreamState {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>("connecting");
  useEffect(() => {
    if (!enabled) return;
    let [wasLive, missed] = [false, false];
    const gatherer = gatherEvents((key) => renew(client, key));
    const close = openSharedStream(`${API_BASE}/stream`, {
      onEvent: gatherer.add,
      onState: (next) => {
        // What happened while nobody listened, or between two tabs' streams, is not told again.
        if (next === "live" && missed) renew(client);
        wasLive ||= next === "live";
        missed = next === "lost" || (next === "connecting" && wasLive);
        setState(next);
      },
    });
    return () => {
      gatherer.stop();
      close();
    };
  }, [enabled, client]);
  return state;
}

function pollInterval(mode: RefreshMode, stream: StreamState): number | null {
  if (mode === "paused") return null;
  if (mode === "live") return stream === "lost" ? FALLBACK_POLL_MS : null;
  return Number(mode) * 1_000;
}

export function useLiveUpdates(mode: RefreshMode): Connection {
  const client = useQueryClient();
  const stream = useStream(mode === "live");
  const interval = pollInterval(mode, stream);
  useEffect(() => {
    if (interval === null) return;
    renew(client);
    const timer = setInterval(() => renew(client), interval);
    return () => clearInterval(timer);
  }, [interval, client]);
  if (mode === "paused") return "paused";
  return mode === "live" ? stream : "polling";
}
