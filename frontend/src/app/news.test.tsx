import { focusManager } from "@tanstack/react-query";
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { IncidentSummary } from "@/lib/api/types";
import { setPreferences } from "@/lib/preferences";
import { incidentListOf, incidentOf, jobOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, server } from "@/testing/server";

type App = ReturnType<typeof renderApp>;

let told: string[];

class Bubble {
  static permission = "granted";
  constructor(_: string, { body }: { body: string }) {
    told.push(body);
  }
}

beforeEach(() => {
  told = [];
  vi.stubGlobal("Notification", Bubble);
  setPreferences({ notify: true });
});

afterEach(() => {
  cleanup();
  setPreferences({ notify: false, refresh: "live" });
  focusManager.setFocused(undefined);
  vi.unstubAllGlobals();
});

/** As a browser tells it, to the page and to the library that asks the questions. */
function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  act(() => {
    document.dispatchEvent(new Event("visibilitychange"));
    focusManager.setFocused(!hidden);
  });
}

/** The list has these incidents, the newest first; resolves when that has been read. */
async function incidentsAre({ client }: App, ...items: IncidentSummary[]): Promise<void> {
  const list = vi.fn(() => incidentListOf(items));
  server.use(answer("get", "/incidents", list));
  if (document.hidden) act(() => FakeEventSource.newest.say("incident"));
  else hide(true);
  await waitFor(() => expect(list).toHaveBeenCalled());
  await waitFor(() => expect(client.isFetching()).toBe(0));
}

const resolved = (id: number) => incidentOf(id, { status: "RESOLVED" });

describe("incidents while the tab is hidden", () => {
  it("are told when one opens as another is resolved", async () => {
    const app = renderApp("/logs");
    await incidentsAre(app, incidentOf(7));
    await incidentsAre(app, incidentOf(8), resolved(7));
    await waitFor(() => expect(told).toEqual(["1 new incident; 1 not resolved."]));
    expect(document.title).toMatch(/^\(1 new\)/);
    hide(false);
    expect(document.title).not.toContain("new");
  });

  it("are all counted in the title", async () => {
    const app = renderApp("/logs");
    await incidentsAre(app);
    await incidentsAre(app, ...Array.from({ length: 50 }, (_, index) => incidentOf(50 - index)));
    await waitFor(() => expect(document.title).toMatch(/^\(50 new\)/));
  });

  it("are no news when one is opened again, nor those that opened while it was looked at", async () => {
    const app = renderApp("/logs");
    await incidentsAre(app, resolved(7));
    await incidentsAre(app, incidentOf(7));
    hide(false);
    await incidentsAre(app, incidentOf(9), incidentOf(7));
    expect(told).toEqual([]);
    await incidentsAre(app, incidentOf(10), incidentOf(9), incidentOf(7));
    await waitFor(() => expect(told).toEqual(["1 new incident; 3 not resolved."]));
  });

  it("are not asked for while paused, when none could be told", async () => {
    setPreferences({ refresh: "paused" });
    const { client } = renderApp("/logs");
    await waitFor(() => expect(client.isFetching()).toBe(0));
    const asked = vi.fn(() => incidentListOf([]));
    server.use(answer("get", "/incidents", asked));
    for (const hidden of [true, false, true]) hide(hidden);
    await waitFor(() => expect(client.isFetching()).toBe(0));
    expect(asked).not.toHaveBeenCalled();
  });
});

describe("a retrain that ends while the tab is hidden", () => {
  it("is told of, though refreshing is paused", async () => {
    setPreferences({ refresh: "paused" });
    server.use(answer("get", "/retrain", jobOf()));
    renderApp("/logs");
    await screen.findByText(/Retraining 7\/12/);
    hide(true);
    server.use(answer("get", "/retrain", jobOf({ state: "done" })));
    await waitFor(() => expect(told).toEqual(["The retrain is done."]));
  });

  it("is told of when other work has begun before it was asked for again, which is not", async () => {
    server.use(answer("get", "/retrain", jobOf()));
    const { client } = renderApp("/logs");
    await screen.findByText(/Retraining 7\/12/);
    hide(true);
    const background = { id: "r2", trigger: "seasons" } as const;
    server.use(answer("get", "/retrain", jobOf(background)));
    await waitFor(() => expect(told).toEqual(["The retrain has ended."]));
    server.use(answer("get", "/retrain", jobOf({ ...background, state: "done" })));
    await waitFor(() => expect(client.getQueryData(["retrain"])).toMatchObject({ state: "done" }));
    expect(told).toEqual(["The retrain has ended."]);
  });
});
