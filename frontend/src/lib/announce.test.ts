import { afterEach, describe, expect, it, vi } from "vitest";
import { announce, askForNotifications, notificationState, setTabTitle } from "./announce";
import { getPreferences, setPreferences } from "./preferences";

function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

/** A browser that allows notifications; `make` is what its constructor does. */
function stubNotification(make: (body: string) => void): void {
  class Bubble {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(_: string, { body }: { body: string }) {
      make(body);
    }
  }
  vi.stubGlobal("Notification", Bubble);
}

function illegal(): never {
  throw new TypeError("Illegal constructor");
}

describe("news", () => {
  afterEach(() => {
    hide(false);
    setPreferences({ notify: false });
    vi.unstubAllGlobals();
  });

  it("is counted in the title while the tab is hidden, and forgotten when it is seen", () => {
    setTabTitle("Now · Canopy");
    announce("seen at once");
    expect(document.title).toBe("Now · Canopy");
    hide(true);
    announce("one");
    announce("two");
    expect(document.title).toBe("(2 new) Now · Canopy");
    setTabTitle("(1) Now · Canopy");
    expect(document.title).toBe("(2 new) (1) Now · Canopy");
    hide(false);
    expect(document.title).toBe("(1) Now · Canopy");
  });

  it("is shown by the browser only to those who asked for it", () => {
    const shown = vi.fn();
    stubNotification(shown);
    hide(true);
    announce("not asked for");
    setPreferences({ notify: true });
    announce("The retrain is done.");
    expect(shown.mock.calls).toEqual([["The retrain is done."]]);
  });

  it("is counted in the title alone where pages may not make a notification, as on Android", async () => {
    stubNotification(illegal);
    setTabTitle("Now · Canopy");
    setPreferences({ notify: true });
    hide(true);
    announce("2 new incidents; 2 not resolved.", 2);
    expect(document.title).toBe("(2 new) Now · Canopy");
    expect(notificationState()).toBe("unsupported");
    expect(getPreferences().notify).toBe(false);
    expect(await askForNotifications(true)).toBe(false);
  });

  it("is promised only where a first notification could be shown", async () => {
    stubNotification(illegal);
    expect(await askForNotifications(true)).toBe(false);
    expect(getPreferences().notify).toBe(false);
    stubNotification(() => undefined);
    expect(await askForNotifications(true)).toBe(true);
  });
});
