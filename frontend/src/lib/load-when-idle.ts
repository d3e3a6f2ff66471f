/** Fetches code that a key or a click will want, once the page stands. */
import { useEffect } from "react";

/** A slow machine still draws the page by then. */
const AFTER_MS = 1_500;

/** `load` imports what is wanted later; letters typed right after Ctrl-K must find their box. */
export function useLoadWhenIdle(load: () => Promise<unknown>): void {
  useEffect(() => {
    const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
    const timer = setTimeout(() => whenIdle(() => void load()), AFTER_MS);
    return () => clearTimeout(timer);
  }, [load]);
}
