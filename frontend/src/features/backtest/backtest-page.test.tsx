import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { chartColumns, spansOf } from "@/components/chart-model";
import type { Backtest } from "@/lib/api/types";
import { at, NOW } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server } from "@/testing/server";
import { backtestOf, comparedOf, fireOf, pairOf, seriesOf, totalsOf } from "@/testing/tuning-factories";
import {
  foundText,
  incidentBands,
  parseSensitivity,
  progressText,
  requestOf,
  scorePoints,
  valuePoints,
  verdictText,
} from "./view-model";

/** A server that has this backtest, with one pair. */
function serve(backtest: Backtest, pair = pairOf()) {
  server.use(
    answer("get", "/backtests", { items: [backtest] }),
    answer("get", "/backtests/{backtest_id}", backtest),
    answer("get", "/backtests/{backtest_id}/pairs", { items: [pair], total: 1, next_offset: null }),
    answer("get", "/backtests/{backtest_id}/series", seriesOf()),
  );
}

describe("a backtest in words", () => {
  it("says what the present settings and others would have cost", () => {
    expect(verdictText(totalsOf())).toBe("The present settings would have opened 3 incidents, 3 a week.");
    const compared = comparedOf().totals;
    expect(compared && verdictText(compared)).toBe(
      "The present settings would have opened 3 incidents, 3 a week; those asked about 4, 4 a week: 1 appear and 0 vanish.",
    );
  });

  it("says which real incidents are found again", () => {
    expect(foundText(totalsOf({ real: 0 }))).toMatch(/nothing to find again/);
    expect(foundText(totalsOf({ found_asked: 1 }))).toBe(
      "Of 2 incidents that did open, the present settings find 2; the settings asked about find 1.",
    );
  });

  it("says how far it is", () => {
    const running = backtestOf({ state: "running", phase: "replaying", done: 3, total: 9, eta: at(20) });
    expect(progressText(running, NOW)).toBe("3 of 9 pairs replayed, about 20 s left.");
  });

  it("takes a word or a score between 0 and 1 for a sensitivity", () => {
    expect(["high", "0.62", "1", "0", "x", "", null].map(parseSensitivity)).toEqual([
      "high",
      0.62,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it("asks for the last days as a duration, and for a range as its ends", () => {
    const question = { service: "", metric: "lat", sensitivity: null, policy: null, detector: null };
    expect(requestOf(question, { kind: "last", milliseconds: 14 * 86_400_000 })).toMatchObject({
      service: null,
      metric: "lat",
      start: "2w",
      end: null,
    });
    const range = { kind: "between", start: at(-60), end: at(0) } as const;
    expect(requestOf(question, range)).toMatchObject({ start: at(-60), end: at(0) });
  });

  it("draws an incident in its severity's colour, one that vanishes in none", () => {
    const incidents = [
      fireOf(),
      fireOf({ severity: "High" }),
      fireOf({ severity: "Normal" }),
      fireOf({ change: "vanishes" }),
    ];
    const tones = incidentBands(seriesOf({ incidents })).map((band) => band.tone);
    expect(tones).toEqual(["critical", "high", "normal", "muted"]);
  });

  it("breaks a thinned-out line at the server's gaps alone", () => {
    const points = [-900, -890, -880, -300, -290, 0].map((second) => ({
      timestamp: at(second),
      value: 1,
      score: null,
      asked_score: null,
    }));
    const series = seriesOf({ points, gaps: [{ start: at(-200), end: at(-100) }] });
    const [, values] = chartColumns(valuePoints(series), null, spansOf(series.gaps));
    expect(values).toEqual([1, 1, 1, 1, 1, null, 1]);
  });

  it("draws the scores of another detector where one was asked about", () => {
    const points = [{ timestamp: at(0), value: 1, score: 0.4, asked_score: 0.7 }];
    expect(scorePoints(seriesOf({ points }))[0]?.value).toBe(0.7);
  });
});

describe("the backtest page", () => {
  it("names what of a link it does not ask", async () => {
    renderApp("/models/backtest?policy=constructor&sensitivity=2&detector=view_forest&last=7x");
    expect(await screen.findByText("policy=constructor, sensitivity=2, last=7x")).toBeVisible();
    expect(screen.getByLabelText("Policy")).toHaveValue("");
  });

  it("says that none was run yet", async () => {
    renderApp("/models/backtest");
    expect(await screen.findByText("No backtest was run since Canopy started")).toBeVisible();
  });

  it("asks what the form and the address say, shows progress and can be cancelled", async () => {
    let asked: unknown;
    let cancelled = false;
    const running = backtestOf({
      id: "b9",
      state: "running",
      phase: "replaying",
      done: 3,
      total: 9,
      totals: null,
    });
    server.use(
      answer("post", "/backtests", async (request) => {
        asked = await request.json();
        return running;
      }),
      answer("get", "/backtests/{backtest_id}", () => running),
      answer("post", "/backtests/{backtest_id}/cancel", () => {
        cancelled = true;
        return { ...running, state: "cancelled" as const };
      }),
    );
    const { user, address } = renderApp("/models/backtest?service=payment-service&last=14d");
    await user.selectOptions(await screen.findByLabelText("Sensitivity"), "high");
    await user.click(screen.getByRole("button", { name: "Run the backtest" }));
    const run = within(await screen.findByRole("region", { name: "The backtest" }));
    expect(await run.findByRole("progressbar", { name: "Pairs replayed" })).toHaveAttribute("value", "3");
    expect(asked).toMatchObject({
      service: "payment-service",
      start: "2w",
      sensitivity: "high",
      policy: null,
    });
    expect(address()).toContain("id=b9");
    await user.click(run.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(cancelled).toBe(true));
  });

  it("shows what would have fired, what differs, and which real incidents are found", async () => {
    const appears = fireOf({ start: at(-9_000), change: "appears", title: "Heap of <b>a</b> would leak" });
    serve(comparedOf(), pairOf({ incidents: [fireOf(), appears] }));
    renderApp("/models/backtest");
    expect(await screen.findByText(/1 appear and 0 vanish/)).toBeVisible();
    const table = within(screen.getByRole("region", { name: "What the settings would have done" }));
    expect(table.getByRole("row", { name: "Alerts a week 3 4" })).toBeVisible();
    const pair = within(await screen.findByRole("region", { name: "p99 latency of payment-service" }));
    const fires = await pair.findByRole("list", { name: "Incidents that would have opened" });
    expect(fires).toHaveTextContent("appears");
    expect(fires).toHaveTextContent("Heap of <b>a</b> would leak");
    expect(pair.getByRole("link", { name: "#7" })).toHaveAttribute("href", "/incidents/7");
    expect(await pair.findByRole("img", { name: /^Score of p99 latency/ })).toBeVisible();
  });

  it("says what the server does of the readings there were, and nothing else", async () => {
    const detail = "every pair was replayed; Prometheus has data from 2026-11-20T00:00:00Z only";
    serve(backtestOf({ data_from: at(-86_400), detail }));
    renderApp("/models/backtest");
    expect(await screen.findByText(`E${detail.slice(1)}.`)).toBeVisible();
  });

  it("finds no data short where the server does not: a first reading later than the start by a poll", async () => {
    serve(backtestOf({ data_from: at(-604_785), detail: "every pair was replayed" }));
    renderApp("/models/backtest");
    expect(await screen.findByText("Every pair was replayed.")).toBeVisible();
    expect(screen.queryByText(/Prometheus has/)).toBeNull();
  });

  it.each([
    ["failed", "Prometheus cannot be reached.", "The backtest has failed"],
    ["cancelled", "cancelled by an operator", "The backtest was cancelled"],
  ] as const)("says why one %s", async (state, detail, title) => {
    serve(backtestOf({ state, detail, totals: null }));
    renderApp("/models/backtest");
    expect(await screen.findByText(title)).toBeVisible();
    expect(screen.getByText(detail)).toBeVisible();
  });

  it("says that one is gone after a restart, and why one does not start", async () => {
    server.use(
      refuse("get", "/backtests/{backtest_id}", 404, "there is no backtest 'b3'"),
      refuse("post", "/backtests", 422, "start: the range is shorter than one poll"),
    );
    const { user } = renderApp("/models/backtest?id=b3");
    expect(await screen.findByText("there is no backtest 'b3'")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Run the backtest" }));
    expect(await screen.findByText("start: the range is shorter than one poll")).toBeVisible();
  });

  it("loads", async () => {
    server.use(hang("/backtests/{backtest_id}"));
    renderApp("/models/backtest?id=b1");
    expect(await screen.findByRole("status", { name: "Loading the backtest" })).toBeVisible();
  });
});
