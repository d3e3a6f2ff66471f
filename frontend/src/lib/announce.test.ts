import { afterEach, describe, expect, it, vi } from "vitest";
import { announce, setTabTitle } from "./announce";
import { setPreferences } from "./preferences";

function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
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
    vi.stubGlobal(
      "Notification",
      class {
        static permission = "granted";
        constructor(_: string, options: { body: string }) {
          shown(options.body);
        }
      },
    );
    hide(true);
    announce("not asked for");
    setPreferences({ notify: true });
    announce("The retrain is done.");
    expect(shown.mock.calls).toEqual([["The retrain is done."]]);
  });
});
