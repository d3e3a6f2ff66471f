import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, incidentListOf, incidentOf, metricOf, overviewOf, serviceOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server } from "@/testing/server";

const cardNames = () =>
  screen.getAllByRole("article").map((card) => within(card).getByRole("heading").textContent);
const cardOf = (name: string) => {
  const card = screen.getAllByRole("article").find((each) => within(each).queryByRole("link", { name }));
  if (!card) throw new Error(`no card of ${name}`);
  return card;
};

describe("Now", () => {
  it("says how things are and shows each metric's value, unit, severity and verdict", async () => {
    const lat = metricOf({
      value: 3412,
      severity: "Critical",
      prediction: "Anomaly",
      reasons: ["63× the top"],
    });
    const services = [
      serviceOf("payment-service", { severity: "Critical", open_incidents: 2, metrics: { lat } }),
      serviceOf("order-service"),
    ];
    server.use(answer("get", "/overview", overviewOf(services, { timestamp: at(-1, Date.now()) })));
    renderApp("/");
    await screen.findByRole("link", { name: "payment-service" });
    expect(document.querySelector(".sentence")).toHaveTextContent(
      /^1 critical, 0 high, 1 normal; data \d s old$/,
    );
    const bad = cardOf("payment-service");
    for (const text of ["p99 latency", "unusual", "63× the top"]) expect(bad).toHaveTextContent(text);
    expect(bad).toHaveTextContent("3,412 ms");
    expect(bad).toHaveTextContent("◆ Critical");
    const waiting = within(bad).getByRole("link", { name: "2 not resolved on payment-service" });
    expect(waiting).toHaveTextContent("2 not resolved");
    expect(waiting).toHaveAttribute(
      "href",
      "/incidents?service=payment-service&status=OPEN&status=ACKNOWLEDGED",
    );
    expect(cardOf("order-service")).toHaveTextContent("as expected");
    expect(document.title).toBe("(1) Now · Canopy");
  });

  it("never shows what is not scored as healthy", async () => {
    const metrics = {
      cpu: metricOf({
        state: "stale",
        value: null,
        prediction: "Unknown",
        reasons: ["no sample since 13:58"],
      }),
      lat: metricOf({ state: "no_model", prediction: "Unknown", reasons: ["31 of 50 samples"] }),
    };
    server.use(answer("get", "/overview", overviewOf([serviceOf("ledger", { blind: true, metrics })])));
    renderApp("/");
    await screen.findByRole("link", { name: "ledger" });
    const card = cardOf("ledger");
    expect(card).toHaveTextContent("Blind");
    for (const text of ["stale", "no sample since 13:58", "no model yet", "31 of 50 samples"]) {
      expect(card).toHaveTextContent(text);
    }
    expect(card).not.toHaveTextContent("Normal");
    expect(card).not.toHaveTextContent("as expected");
  });

  it("names services that have none of the metrics in one line, and calls them neither blind nor normal", async () => {
    const none = metricOf({ state: "stale", value: null, prediction: "Unknown", event_ts: null });
    const names = ["kubelet", "etcd", "coredns", "proxy", "scheduler", "registry", "node"];
    const uncovered = names.map((name) => serviceOf(name, { blind: true, metrics: { cpu: none } }));
    server.use(answer("get", "/overview", overviewOf([serviceOf("order-service"), ...uncovered])));
    const { user } = renderApp("/");
    expect(await screen.findByText(/^7 services have none of these metrics:/)).toHaveTextContent(
      "7 services have none of these metrics: kubelet, etcd, coredns, proxy, scheduler and 2 more",
    );
    expect(cardNames()).toEqual(["order-service"]);
    expect(document.querySelector(".sentence")).toHaveTextContent(/^0 critical, 0 high, 1 normal; data/);
    await user.click(screen.getByRole("button", { name: "and 2 more" }));
    expect(screen.getByRole("link", { name: "node" })).toHaveAttribute("href", "/services/node");
  });

  it("names what happened to a service, once, and until when alerts wait", async () => {
    const artefact = {
      kind: "restart",
      words: "restarted",
      since: at(-90, Date.now()),
      settles_at: at(30, Date.now()),
    } as const;
    const metrics = { cpu: metricOf({ artefact }), lat: metricOf({ artefact }) };
    server.use(answer("get", "/overview", overviewOf([serviceOf("cart", { metrics })])));
    renderApp("/");
    expect(await screen.findAllByText(/restarted.*; alerts wait until \d\d:\d\d:\d\d/)).toHaveLength(1);
  });

  it("shows names of 300 letters and of right-to-left script as text", async () => {
    const names = ["x".repeat(300), "שירות תשלומים", '<img src=x onerror="alert(1)">'];
    server.use(answer("get", "/overview", overviewOf(names.map((name) => serviceOf(name)))));
    renderApp("/");
    for (const name of names) {
      expect(await screen.findByRole("link", { name })).toHaveAttribute(
        "href",
        `/services/${encodeURIComponent(name)}`,
      );
    }
    expect(document.querySelector("main img")).toBeNull();
  });

  it("tells how far the models are from ready", async () => {
    const warming_up = { pairs: 4, have: 31, need: 50, eta: at(120, Date.now()) };
    server.use(answer("get", "/overview", overviewOf([serviceOf("a")], { warming_up })));
    renderApp("/");
    expect(
      await screen.findByText(/Models are learning: 31 of 50 samples, ready at .* \(in 2 min\)/),
    ).toBeVisible();
    expect(screen.getByRole("progressbar", { name: "Samples collected" })).toHaveAttribute("value", "31");
  });

  it("asks for the five most urgent incidents and links to each", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/incidents", (request) => {
        asked = new URL(request.url).searchParams;
        return incidentListOf([incidentOf(9, { title: "Heap is leaking" })]);
      }),
    );
    renderApp("/");
    expect(await screen.findByRole("link", { name: "Heap is leaking" })).toHaveAttribute(
      "href",
      "/incidents/9",
    );
    expect(asked.get("sort")).toBe("urgency");
    expect(asked.get("limit")).toBe("5");
    expect(asked.getAll("status")).toEqual(["OPEN", "ACKNOWLEDGED"]);
  });

  it("loads, and says when nothing was found and what was asked", async () => {
    server.use(hang("/overview"));
    renderApp("/");
    expect(screen.getByRole("status", { name: "Loading the overview" })).toBeVisible();
  });

  it("says what was checked when there is no service", async () => {
    server.use(answer("get", "/overview", overviewOf([])));
    renderApp("/");
    expect(await screen.findByText("No services found")).toBeVisible();
    expect(screen.getByText(/Prometheus was asked at 21 Nov 2026/)).toBeVisible();
  });

  it("gives the cause of an error and tries again", async () => {
    server.use(refuse("get", "/overview", 503, "The first poll has not finished."));
    const { user } = renderApp("/");
    const problem = await screen.findByRole("alert");
    expect(problem).toHaveTextContent("The first poll has not finished.");
    server.use(answer("get", "/overview", overviewOf([serviceOf("back-again")])));
    await user.click(within(problem).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "back-again" })).toBeVisible();
  });

  it("keeps old data, dated, when a refresh fails", async () => {
    const { client } = renderApp("/");
    await screen.findByRole("link", { name: "payment-service" });
    server.use(refuse("get", "/overview", 500, "The database is locked."));
    await act(() => client.invalidateQueries({ queryKey: ["overview"] }));
    expect(await screen.findByText(/Shown as of \d\d:\d\d:\d\d.*The database is locked\./)).toBeVisible();
    expect(screen.getByRole("link", { name: "payment-service" })).toBeVisible();
  });

  it("finds services by typing, keeps the search in the address, opens the first on Enter", async () => {
    server.use(
      answer("get", "/overview", overviewOf([serviceOf("alpha"), serviceOf("beta"), serviceOf("betamax")])),
    );
    const { user, address } = renderApp("/");
    await screen.findByRole("link", { name: "alpha" });
    await user.keyboard("/");
    await user.keyboard("beta");
    await waitFor(() => expect(cardNames()).toEqual(["beta", "betamax"]));
    expect(address()).toBe("/?q=beta");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(address()).toBe("/services/beta"));
  });

  it("does not move cards under the pointer, and sorts when it leaves", async () => {
    server.use(answer("get", "/overview", overviewOf([serviceOf("a"), serviceOf("b")])));
    renderApp("/");
    await screen.findByRole("link", { name: "a" });
    const grid = document.querySelector(".service-grid");
    if (!grid) throw new Error("no grid");
    fireEvent.pointerEnter(grid, { pointerType: "mouse" });
    server.use(
      answer("get", "/overview", overviewOf([serviceOf("b", { severity: "High" }), serviceOf("a")])),
    );
    act(() => FakeEventSource.newest.say("readings"));
    await waitFor(() => expect(cardOf("b")).toHaveTextContent("High"));
    expect(cardNames()).toEqual(["a", "b"]);
    fireEvent.pointerLeave(grid);
    expect(cardNames()).toEqual(["b", "a"]);
  });
});
