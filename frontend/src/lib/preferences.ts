/** What the operator chose for this browser: refresh, theme, time zone, keys; kept across visits, shared by its tabs. */
import { useSyncExternalStore } from "react";

export const REFRESH_MODES = ["live", "2", "5", "15", "60", "paused"] as const;
export const THEMES = ["system", "light", "dark"] as const;
export const ZONES = ["local", "utc"] as const;

export type RefreshMode = (typeof REFRESH_MODES)[number];
export type Theme = (typeof THEMES)[number];
export type Zone = (typeof ZONES)[number];

export interface Preferences {
  refresh: RefreshMode;
  theme: Theme;
  zone: Zone;
  /** Keys of a single character do something. */
  keys: boolean;
  /** The operator asked for the browser's notifications. */
  notify: boolean;
}

const KEY = "canopy.preferences";
const listeners = new Set<() => void>();
let current = load();

function oneOf<T extends string>(allowed: readonly T[], value: unknown, fallback: T): T {
  return allowed.find((each) => each === value) ?? fallback;
}

function load(): Preferences {
  let stored: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof parsed === "object" && parsed !== null) stored = { ...parsed };
  } catch {
    // Storage may be switched off or hold something else: the defaults do.
  }
  return {
    refresh: oneOf(REFRESH_MODES, stored.refresh, "live"),
    theme: oneOf(THEMES, stored.theme, "system"),
    zone: oneOf(ZONES, stored.zone, "local"),
    keys: stored.keys !== false,
    notify: stored.notify === true,
  };
}

/** Put the theme on the page; without the attribute the system's choice holds. */
export function applyTheme(theme: Theme = current.theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function getPreferences(): Preferences {
  return current;
}

function take(next: Preferences): void {
  current = next;
  applyTheme();
  for (const listener of listeners) listener();
}

// Another tab's choice holds here too: two tabs of one screen stay in step.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key === KEY) take(load());
});

export function setPreferences(change: Partial<Preferences>): void {
  const next = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Not kept then; it still holds for this page.
  }
  take(next);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getPreferences);
}
