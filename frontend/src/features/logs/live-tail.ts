/** What comes into the logs, as it comes: asked for each second from where the last answer ended, bounded. */
import { useEffect, useReducer, useRef } from "react";
import { api, unwrap } from "@/lib/api/client";
import type { LogRow } from "@/lib/api/types";
import { contentOf, type LogsAsked } from "./view-model";

export const TAIL_MS = 1_000;
/** Lines kept on the page, the newest ones: a flood must not fill the browser. */
export const KEPT = 2_000;
const LIMIT = 500;

export interface TailState {
  /** Newest first. */
  rows: readonly LogRow[];
  /** Lines that came too fast to be shown. */
  dropped: number;
  /** By this machine's clock, in milliseconds since the epoch: when the server answered last. */
  heardAt: number | null;
  error: Error | null;
}

type Heard =
  | { kind: "lines"; rows: readonly LogRow[]; dropped: number; at: number }
  | { kind: "failed"; error: Error }
  | { kind: "begin" };

const EMPTY: TailState = { rows: [], dropped: 0, heardAt: null, error: null };

export function heard(state: TailState, event: Heard): TailState {
  if (event.kind === "begin") return EMPTY;
  if (event.kind === "failed") return { ...state, error: event.error };
  const rows = event.rows.length ? [...event.rows.toReversed(), ...state.rows].slice(0, KEPT) : state.rows;
  return { rows, dropped: state.dropped + event.dropped, heardAt: event.at, error: null };
}

/** Follows while not `paused`; what came meanwhile is fetched, or counted as dropped, when it goes on. */
export function useTail(asked: LogsAsked, paused: boolean): TailState {
  const [state, tell] = useReducer(heard, EMPTY);
  const content = contentOf(asked);
  const key = JSON.stringify(content);
  const place = useRef<{ key: string; at: number | null }>({ key: "", at: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the content
  useEffect(() => {
    const cursor = place.current;
    if (cursor.key !== key) {
      Object.assign(cursor, { key, at: null });
      tell({ kind: "begin" });
    }
    if (paused) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask(): Promise<void> {
      const query = { ...content, limit: LIMIT, ...(cursor.at !== null && { after: cursor.at }) };
      try {
        const answer = await unwrap(api.GET("/logs/tail", { params: { query }, signal: stop.signal }));
        if (stop.signal.aborted) return;
        cursor.at = answer.cursor;
        tell({ kind: "lines", rows: answer.lines, dropped: answer.dropped, at: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        tell({ kind: "failed", error: error as Error });
      }
      timer = setTimeout(() => void ask(), TAIL_MS);
    }
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, paused]);
  return state;
}
