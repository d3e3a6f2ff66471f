import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { setPreferences } from "@/lib/preferences";
import { at, overviewOf, serviceOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, server, unreachable } from "@/testing/server";

const fresh = (name: string) => overviewOf([serviceOf(name)], { timestamp: at(-1, Date.now()) });

/** Counts how often the overview is asked for. */
function countOverviews() {
  const asked = vi.fn(() => fresh("payment-service"));
  server.use(answer("get", "/overview", () => asked()));
  return asked;
}

describe("the shell", () => {
  it("asks again when the stream tells of readings, and says it is live", async () => {
    const asked = countOverviews();
    renderApp("/");
    await screen.findByRole("link", { name: "payment-service" });
    const before = asked.mock.calls.length;
    act(() => FakeEventSource.newest.say("readings"));
    await waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(before));
    expect(screen.getByText("Live", { selector: ".connection-word" })).toBeVisible();
  });

  it("says so when the stream is lost, and asks by itself", async () => {
    const asked = countOverviews();
    renderApp("/");
    await screen.findByRole("link", { name: "payment-service" });
    const before = asked.mock.calls.length;
    act(() => FakeEventSource.newest.onerror?.());
    expect(screen.getByText("Reconnecting")).toBeVisible();
    await waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(before));
    expect(screen.getByRole("link", { name: "payment-service" })).toBeVisible();
  });

  it("closes the stream when refreshing is paused, and keeps that choice", async () => {
    const { user } = renderApp("/");
    await user.selectOptions(screen.getByLabelText("Refresh"), "paused");
    expect(FakeEventSource.newest.closed).toBe(true);
    expect(screen.getByText("Paused", { selector: ".connection-word" })).toBeVisible();
    expect(localStorage.getItem("canopy.preferences")).toContain('"refresh":"paused"');
    act(() => setPreferences({ refresh: "live" }));
  });

  it("shows old data as stale", async () => {
    server.use(answer("get", "/overview", overviewOf([serviceOf("a")], { timestamp: at(-120, Date.now()) })));
    renderApp("/");
    expect(await screen.findByText("stale", { selector: ".connection-stale" })).toBeVisible();
    expect(screen.getByText("data 2 min old", { selector: ".connection-age" })).toBeVisible();
  });

  it("warns when Prometheus is down", async () => {
    server.use(
      answer("get", "/ready", {
        ready: false,
        dependencies: {
          prometheus: {
            state: "down",
            detail: "Prometheus at http://prom:9090 cannot be reached",
            since: at(0),
          },
          datasets: { state: "ok", detail: "", since: null },
        },
      }),
    );
    renderApp("/models");
    expect(await screen.findByRole("alert")).toHaveTextContent(
      /^Blind since \d\d:\d\d: Prometheus at http:\/\/prom:9090 cannot be reached$/,
    );
  });

  it("switches the theme", async () => {
    const { user } = renderApp("/");
    await user.click(screen.getByRole("button", { name: "Theme: system; switch to light" }));
    expect(document.documentElement.dataset.theme).toBe("light");
    await user.click(screen.getByRole("button", { name: "Theme: light; switch to dark" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    await user.click(screen.getByRole("button", { name: "Theme: dark; switch to system" }));
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });

  it("has a word for an address that is no page", async () => {
    renderApp("/nowhere");
    expect(await screen.findByText("There is no page at this address")).toBeVisible();
  });

  it("stays when the backend is gone", async () => {
    server.use(unreachable("/overview"), unreachable("/ready"), unreachable("/retrain"));
    renderApp("/");
    expect(await screen.findByText("The overview could not be loaded")).toBeVisible();
    expect(screen.getByText(/cannot be reached/)).toBeVisible();
    expect(screen.getByRole("link", { name: /Incidents/ })).toBeVisible();
  });
});
