/** What time it is: a clock that ticks for the whole page, corrected by the server's own. */
import { useSyncExternalStore } from "react";

const SKEW_WORTH_CORRECTING_MS = 2_000;
/** Further off than this, what the browser itself dates (downloads, other sites) will confuse its reader. */
const SKEW_WORTH_SAYING_MS = 30_000;

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

/** A moment of this machine's clock, in milliseconds, by the server's clock. */
export function byServerClock(clientTime: number): number {
  return clientTime + skewMs;
}

/** Milliseconds since the epoch by the server's clock. */
export function serverNow(): number {
  return byServerClock(Date.now());
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

/** How far this machine's clock is ahead of the server's, in milliseconds; 0 when it is near enough. */
export function useClockLead(): number {
  return useSyncExternalStore(subscribe, () => (Math.abs(skewMs) > SKEW_WORTH_SAYING_MS ? -skewMs : 0));
}
