/** Tells what ended or happened while the tab was hidden: a badge in its title, a notification if asked for. */
import { getPreferences, setPreferences } from "./preferences";

let title = "Canopy";
let missed = 0;

function show(): void {
  document.title = missed ? `(${missed} new) ${title}` : title;
}

/** The tab's name; what was missed stands before it. */
export function setTabTitle(next: string): void {
  title = next;
  show();
}

/** Does nothing while the page is looked at: it shows the news itself. */
export function announce(news: string): void {
  if (!document.hidden) return;
  missed += 1;
  show();
  if (!getPreferences().notify || notificationState() !== "granted") return;
  // One bubble: a flood replaces it and does not stack up.
  const bubble = new Notification("Canopy", { body: news, tag: "canopy" });
  bubble.onclick = () => {
    globalThis.focus();
    bubble.close();
  };
}

globalThis.document?.addEventListener("visibilitychange", () => {
  if (document.hidden || !missed) return;
  missed = 0;
  show();
});

export type NotificationState = NotificationPermission | "unsupported";

export function notificationState(): NotificationState {
  return "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** Asks the browser at the first yes; true when notifications will be shown. */
export async function askForNotifications(wanted: boolean): Promise<boolean> {
  const granted =
    wanted && notificationState() !== "unsupported" && (await Notification.requestPermission()) === "granted";
  setPreferences({ notify: granted });
  return granted;
}
