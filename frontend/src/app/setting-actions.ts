/** The operator's choices as actions of the command palette. */
import { showToast } from "@/components/toast-store";
import { askForNotifications, notificationState } from "@/lib/announce";
import type { Shortcut } from "@/lib/keys";
import { getPreferences, REFRESH_MODES, type RefreshMode, setPreferences, THEMES } from "@/lib/preferences";

export function refreshLabel(mode: RefreshMode): string {
  if (mode === "live") return "Live";
  return mode === "paused" ? "Paused" : `${mode} s`;
}

/** Asks the browser, and says what became of it. */
export async function switchNotifications(on: boolean): Promise<void> {
  const granted = await askForNotifications(on);
  if (!on || granted) return;
  showToast(
    notificationState() === "unsupported"
      ? "This browser shows no notifications of a page; the tab's title counts what is new."
      : "The browser does not allow notifications for this page; its settings for the page can.",
    { tone: "problem" },
  );
}

/** All that would change something now. */
export function settingActions(): Omit<Shortcut, "keyOnly">[] {
  const now = getPreferences();
  const zone = now.zone === "utc" ? "local" : "utc";
  return [
    ...THEMES.filter((theme) => theme !== now.theme).map((theme) => ({
      keys: "",
      does: `Theme: ${theme}`,
      run: () => setPreferences({ theme }),
    })),
    ...REFRESH_MODES.filter((mode) => mode !== now.refresh).map((refresh) => ({
      keys: "",
      does: `Refresh: ${refreshLabel(refresh)}`,
      run: () => setPreferences({ refresh }),
    })),
    {
      keys: "",
      does: zone === "utc" ? "Show times in UTC" : "Show local times",
      run: () => setPreferences({ zone }),
    },
    {
      keys: "",
      does: now.notify ? "Stop notifications" : "Notify me when the tab is hidden",
      run: () => void switchNotifications(!now.notify),
    },
    {
      keys: "",
      does: now.keys ? "Switch the single keys off" : "Switch the single keys on",
      run: () => setPreferences({ keys: !now.keys }),
    },
  ];
}
