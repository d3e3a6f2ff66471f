import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, historyOf, incidentOf, lineOf, metricOf } from "@/testing/factories";
import { changesOf, metricChangeOf } from "@/testing/range-factories";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server } from "@/testing/server";

const point = (second: number, value: number) =>
  ({ timestamp: at(second), value, prediction: "Normal", severity: "Normal", score: 0.2 }) as const;
const points = [point(-120, 30), point(-60, 31), point(0, 32)];

function withHistory(): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  server.use(
    answer("get", "/metrics/history", (request) => {
      asked.push(new URL(request.url).searchParams);
      return historyOf("payment-service", "lat", { points });
    }),
  );
  return asked;
}

describe("a service", () => {
  it("is asked for by its whole name, whatever that holds", async () => {
    let asked: string | null = null;
    server.use(
      answer("get", "/metrics", (request) => {
        asked = new URL(request.url).searchParams.get("service");
        return { service: "a/b", timestamp: at(-1), metrics: { lat: metricOf() } };
      }),
    );
    renderApp("/services/a%2Fb");
    expect(await screen.findByRole("heading", { level: 1, name: "a/b" })).toBeVisible();
    await waitFor(() => expect(asked).toBe("a/b"));
  });

  it("shows markup in a name as text", async () => {
    const name = "<img src=x onerror=alert(1)>";
    renderApp(`/services/${encodeURIComponent(name)}`);
    expect(await screen.findByRole("heading", { level: 1, name })).toBeVisible();
    expect(document.querySelector("img[src=x]")).toBeNull();
  });

  it("shows its metrics, its incidents and the way to its logs, the time carried over", async () => {
    renderApp("/services/payment-service?last=6h");
    expect(await screen.findByRole("region", { name: "p99 latency" })).toHaveTextContent("34.2 ms");
    expect(await screen.findByText("No readings in this range")).toBeVisible();
    expect(await screen.findByRole("link", { name: /far above its expected range/ })).toBeVisible();
    const page = within(screen.getByRole("main"));
    expect(page.getByRole("link", { name: "Logs" })).toHaveAttribute(
      "href",
      "/logs?service=payment-service&last=6h",
    );
  });

  it("asks for the range chosen and keeps it in the address", async () => {
    const asked = withHistory();
    const { user, address } = renderApp("/services/payment-service");
    expect(await screen.findByRole("slider", { name: /3 readings, newest 32 ms/ })).toBeVisible();
    const minutes = () => {
      const query = asked.at(-1);
      return (Date.parse(query?.get("end") ?? "") - Date.parse(query?.get("start") ?? "")) / 60_000;
    };
    expect(Math.round(minutes())).toBe(60);
    await user.selectOptions(screen.getByLabelText("Time"), "Last 6 h");
    await waitFor(() => expect(Math.round(minutes())).toBe(360));
    expect(address()).toBe("/services/payment-service?last=6h");
  });

  it("names what of a link it cannot show", async () => {
    renderApp("/services/payment-service?last=6q&sel=a_b&at=noon");
    expect(await screen.findByText(/^Left out/)).toHaveTextContent("last=6q, sel=a_b, at=noon");
  });

  it("says when Prometheus does not name it, and keeps what it left behind", async () => {
    server.use(refuse("get", "/metrics", 404, "Prometheus has no service 'nobody'"));
    renderApp("/services/nobody");
    expect(await screen.findByText("Prometheus has no service 'nobody'")).toBeVisible();
    expect(await screen.findByRole("heading", { name: "Incidents" })).toBeVisible();
    expect(screen.getByRole("heading", { name: "Newest log lines" })).toBeVisible();
  });

  it("says so once, when no log file names it either", async () => {
    const reason = "Prometheus has no service 'nobody'";
    server.use(refuse("get", "/metrics", 404, reason), refuse("get", "/logs", 404, reason));
    renderApp("/services/nobody");
    expect(await screen.findByText(reason)).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("heading", { name: "Newest log lines" })).toBeNull());
    expect(screen.getAllByText(reason)).toHaveLength(1);
  });

  it("stands in its own size while it loads", async () => {
    server.use(hang("/metrics"));
    renderApp("/services/payment-service");
    expect((await screen.findAllByRole("status", { name: "Loading a metric" })).length).toBe(4);
  });
});

describe("a moment picked on a chart", () => {
  it("brings the log lines around it, and the address keeps it", async () => {
    withHistory();
    const asked: (string | null)[] = [];
    server.use(
      answer("get", "/logs", (request) => {
        asked.push(new URL(request.url).searchParams.get("event_ts"));
        const times = { event_ts: at(0), start: at(-60), end: at(30) };
        return {
          service: "payment-service",
          ...times,
          total: 1,
          truncated: false,
          lines: [lineOf(-60)],
          sources: [],
        };
      }),
    );
    const { user, address } = renderApp("/services/payment-service");
    const chart = await screen.findByRole("slider");
    chart.focus();
    await user.keyboard("{End}{ArrowLeft}{Enter}");
    expect(await screen.findByRole("heading", { name: /^Log lines around/ })).toBeVisible();
    await waitFor(() => expect(asked.at(-1)).toBe(at(-60)));
    expect(new URLSearchParams(address().split("?")[1]).get("at")).toBe(at(-60));
    await user.click(screen.getByRole("button", { name: "Back to the newest" }));
    expect(screen.getByRole("heading", { name: "Newest log lines" })).toBeVisible();
  });
});

describe("a stretch marked on a chart", () => {
  async function mark() {
    withHistory();
    const app = renderApp("/services/payment-service");
    const chart = await screen.findByRole("slider");
    chart.focus();
    await app.user.keyboard("{Home}{Shift>}{ArrowRight}{ArrowRight}{/Shift}{Enter}");
    return app;
  }

  it("tells what changed in it, with the evidence, and zooms in by a key", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/changes", (request) => {
        asked = new URL(request.url).searchParams;
        return changesOf();
      }),
    );
    const { user, address } = await mark();
    const panel = within(await screen.findByRole("region", { name: "What changed here" }));
    expect(await panel.findByRole("status")).toHaveTextContent(
      "p99 latency rose to 3,412 ms (312× its usual spread); 1 more of its metrics moved; 1 metric elsewhere moved; the logs say 2 new things; it was deployed: version 2.4.1; 1 incident fired.",
    );
    expect([asked.get("start"), asked.get("end")]).toEqual([at(-120), at(0)]);
    expect(panel.getByText("it was always 0 before")).toBeVisible();
    expect(panel.getByText("1 metric moved no more than noise does")).toBeVisible();
    expect(panel.getAllByText(/histogram_quantile/)[0]).toBeInTheDocument();
    expect(panel.getByRole("link", { name: /upstream timeout after/ }).getAttribute("href")).toContain(
      "template=upstream",
    );
    await user.keyboard("i");
    await waitFor(() => expect(address()).toContain("from="));
    expect(address()).not.toContain("sel=");
  });

  it("says so when nothing moved, and why others were not looked at", async () => {
    const still = metricChangeOf({ notable: false, score: 1.2 });
    server.use(
      answer("get", "/changes", {
        ...changesOf(),
        metrics: [still],
        others: [],
        others_skipped: "a shorter range compares the other services, too",
        templates: [],
        happened: [],
        incidents: [],
      }),
    );
    const { user, address } = await mark();
    expect(
      await screen.findByText("No metric of this service moved more than noise does."),
    ).toBeInTheDocument();
    expect(screen.getByText(/Not looked at: a shorter range/)).toBeVisible();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(address()).not.toContain("sel="));
  });

  it("gives the cause when it cannot be compared", async () => {
    server.use(refuse("get", "/changes", 422, "the range is 8 d long; allowed: up to 7 d"));
    await mark();
    expect(await screen.findByText("the range is 8 d long; allowed: up to 7 d")).toBeVisible();
  });
});

it("an incident of another metric is no band of this one", async () => {
  const { incidentBands } = await import("./view-model");
  expect(incidentBands([incidentOf(1), incidentOf(2, { metric: "cpu" })], "cpu")).toEqual([
    expect.objectContaining({ label: "incident #2", tone: "critical" }),
  ]);
});
