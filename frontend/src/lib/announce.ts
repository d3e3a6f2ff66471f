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

/** Counts for `many` in the title. Does nothing while the page is looked at: it shows the news itself. */
export function announce(news: string, many = 1): void {
  if (!document.hidden) return;
  missed += many;
  show();
  if (getPreferences().notify && notificationState() === "granted") showBubble(news);
}

/** Chrome on Android has `Notification` and throws where a page makes one: only its service workers may. */
let refusing: typeof Notification | undefined;

/** One bubble: a flood replaces it and does not stack up. */
function showBubble(body: string): void {
  try {
    const bubble = new Notification("Canopy", { body, tag: "canopy" });
    bubble.onclick = () => {
      globalThis.focus();
      bubble.close();
    };
  } catch {
    refusing = Notification;
    setPreferences({ notify: false });
  }
}

globalThis.document?.addEventListener("visibilitychange", () => {
  if (document.hidden || !missed) return;
  missed = 0;
  show();
});

export type NotificationState = NotificationPermission | "unsupported";

export function notificationState(): NotificationState {
  const can = "Notification" in globalThis && Notification !== refusing;
  return can ? Notification.permission : "unsupported";
}

/** Asks the browser at the first yes, and shows that it works; true when notifications will be shown. */
export async function askForNotifications(wanted: boolean): Promise<boolean> {
  const granted =
    wanted && notificationState() !== "unsupported" && (await Notification.requestPermission()) === "granted";
  setPreferences({ notify: granted });
  if (granted) showBubble("Here you are told what happens while the tab is hidden.");
  return getPreferences().notify;
}
