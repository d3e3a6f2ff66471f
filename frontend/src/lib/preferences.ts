/** What the operator chose for this browser: refresh, theme, time zone; kept across visits. */
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
  };
}

/** Put the theme on the page; without the attribute the system's choice holds. */
export function applyTheme(theme: Theme = current.theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  applyTheme();
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Not kept then; it still holds for this page.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
