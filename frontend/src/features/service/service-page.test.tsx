import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, historyOf, metricOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server } from "@/testing/server";

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

  it("shows its metrics, its incidents and the way to its logs", async () => {
    renderApp("/services/payment-service");
    expect(await screen.findByRole("region", { name: "p99 latency" })).toHaveTextContent("34.2 ms");
    expect(await screen.findByText("No readings in this range")).toBeVisible();
    expect(await screen.findByRole("link", { name: /far above its expected range/ })).toBeVisible();
    const page = within(screen.getByRole("main"));
    expect(page.getByRole("link", { name: "Logs" })).toHaveAttribute("href", "/logs?service=payment-service");
  });

  it("asks for the range chosen and keeps it in the address", async () => {
    const starts: number[] = [];
    server.use(
      answer("get", "/metrics/history", (request) => {
        const start = new URL(request.url).searchParams.get("start") ?? "";
        starts.push(Date.now() - Date.parse(start));
        const point = {
          timestamp: at(0),
          value: 31,
          prediction: "Normal",
          severity: "Normal",
          score: 0.2,
        } as const;
        return historyOf("payment-service", "lat", { points: [point] });
      }),
    );
    const { user, address } = renderApp("/services/payment-service");
    expect(await screen.findByRole("img", { name: /1 reading, newest 31 ms/ })).toBeVisible();
    expect(Math.round((starts.at(-1) ?? 0) / 60_000)).toBe(60);
    await user.selectOptions(screen.getByLabelText("Time range"), "6h");
    await waitFor(() => expect(Math.round((starts.at(-1) ?? 0) / 60_000)).toBe(360));
    expect(address()).toBe("/services/payment-service?range=6h");
  });

  it("says when nothing is known of it", async () => {
    server.use(refuse("get", "/metrics", 404, "There is no service nobody in Prometheus."));
    renderApp("/services/nobody");
    expect(await screen.findByText("There is no service nobody in Prometheus.")).toBeVisible();
  });
});
