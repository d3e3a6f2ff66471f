import { act, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { noteServerDate } from "@/lib/clock";
import { setPreferences } from "@/lib/preferences";
import { at, overviewOf, serviceOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, server, unreachable, urlOf } from "@/testing/server";

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
    expect(screen.getByText("Live", { selector: ".connection-what" })).toBeVisible();
  });

  it("says so when the stream is lost, and asks by itself", async () => {
    const asked = countOverviews();
    renderApp("/");
    await screen.findByRole("link", { name: "payment-service" });
    const before = asked.mock.calls.length;
    act(() => FakeEventSource.newest.onerror?.());
    expect(screen.getByText("Reconnecting")).toBeVisible();
    expect(screen.getByText("stale", { selector: ".connection-stale" })).toBeVisible();
    await waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(before));
    expect(screen.getByRole("link", { name: "payment-service" })).toBeVisible();
  });

  it("closes the stream when refreshing is paused, and keeps that choice", async () => {
    const { user } = renderApp("/");
    await user.selectOptions(screen.getByLabelText("Refresh"), "paused");
    expect(FakeEventSource.newest.closed).toBe(true);
    expect(screen.getByText("Paused", { selector: ".connection-what" })).toBeVisible();
    expect(localStorage.getItem("canopy.preferences")).toContain('"refresh":"paused"');
    act(() => setPreferences({ refresh: "live" }));
  });

  it("shows old data as stale", async () => {
    server.use(answer("get", "/overview", overviewOf([serviceOf("a")], { timestamp: at(-120, Date.now()) })));
    renderApp("/");
    expect(await screen.findByText("stale", { selector: ".connection-stale" })).toBeVisible();
    expect(screen.getByText("data 2 min old", { selector: ".connection-age" })).toBeVisible();
  });

  it("counts ages by the server's clock, and says when this computer's is off by hours", async () => {
    const server_ = Date.now() + 3 * 3_600_000;
    server.use(
      http.get(urlOf("/overview"), () =>
        HttpResponse.json(overviewOf([serviceOf("a")], { timestamp: at(-2, server_) }), {
          headers: { date: new Date(server_).toUTCString() },
        }),
      ),
    );
    renderApp("/");
    expect(
      await screen.findByText(/This computer's clock is (3 h|2 h 59 min) behind the server's/),
    ).toBeVisible();
    expect(screen.getByText(/^data \d s old$/, { selector: ".connection-age" })).toBeVisible();
    noteServerDate(new Date().toUTCString());
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
    expect(
      await screen.findByRole("heading", { level: 1, name: "There is no page at this address" }),
    ).toBeVisible();
    expect(document.title).toBe("No such page · Canopy");
  });

  it("has a heading and a title for an incident that is no number", async () => {
    renderApp("/incidents/abc");
    expect(await screen.findByRole("heading", { level: 1, name: "There is no such incident" })).toBeVisible();
    expect(document.title).toBe("No such incident · Canopy");
  });

  it("does without the part whose answer has another shape, and says what is not known", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    server.use(
      http.get(urlOf("/overview"), () => HttpResponse.json({ ...fresh("a"), open_incidents: { a: 1 } })),
      http.get(urlOf("/ready"), () => HttpResponse.json({ ready: true, dependencies: { prometheus: null } })),
      http.get(urlOf("/retrain"), () => HttpResponse.json({ state: "running", done: {}, total: [{}] })),
    );
    renderApp("/incidents");
    expect(await screen.findByText(/sees all of its sources cannot be told/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Incidents" })).toBeVisible();
    expect(await screen.findByRole("heading", { level: 1, name: /Incidents/ })).toBeVisible();
    expect(screen.queryByText(/could not be shown/)).toBeNull();
  });

  it("survives an answer that is no JSON, and one of another shape", async () => {
    server.use(http.get(urlOf("/overview"), () => new HttpResponse("<html>a proxy</html>")));
    renderApp("/");
    expect(await screen.findByText(/The server's answer is not JSON/)).toBeVisible();
    server.use(http.get(urlOf("/overview"), () => HttpResponse.json({})));
    act(() => FakeEventSource.newest.say("readings"));
    expect(await screen.findByText("This page could not be shown")).toBeVisible();
    expect(screen.getByRole("link", { name: /Incidents/ })).toBeVisible();
  });

  it("stays when the backend is gone", async () => {
    server.use(unreachable("/overview"), unreachable("/ready"), unreachable("/retrain"));
    renderApp("/");
    expect(await screen.findByText("The overview could not be loaded")).toBeVisible();
    expect(screen.getByText(/cannot be reached/)).toBeVisible();
    expect(screen.getByRole("link", { name: /Incidents/ })).toBeVisible();
  });
});
