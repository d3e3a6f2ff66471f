/** What time it is: a clock that ticks for the whole page, corrected by the server's own. */
import { useSyncExternalStore } from "react";

const SKEW_WORTH_CORRECTING_MS = 2_000;

let skewMs = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Learn from an answer's Date header how far this machine's clock is off; headers have whole seconds only. */
export function noteServerDate(header: string | null): void {
  const served = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(served)) return;
  const off = served - Date.now();
  skewMs = Math.abs(off) > SKEW_WORTH_CORRECTING_MS ? off : 0;
}

/** Milliseconds since the epoch by the server's clock. */
export function serverNow(): number {
  return Date.now() + skewMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = serverNow();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function snapshot(): number {
  if (timer === undefined) now = Math.floor(serverNow() / 1_000) * 1_000;
  return now;
}

/** The time in milliseconds, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
