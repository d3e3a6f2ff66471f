import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { RetrainJob } from "@/lib/api/types";
import { at, jobOf, modelOf, modelsOf, NOW } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server } from "@/testing/server";
import { describeJob, describeModel, describeSeasons, filtersOf } from "./view-model";

describe("a model's state in words", () => {
  it("says how far a learning one is", () => {
    const model = modelOf("a", "lat", { state: "warming_up", have: 31, need: 50, eta: at(120) });
    expect(describeModel(model, NOW, "utc").detail).toBe("31 of 50 samples, ready at 14:04 UTC (in 2 min)");
  });

  it("says why one failed", () => {
    const failed = modelOf("z", "cpu", { state: "failed", reason: "the file's digest does not match" });
    expect(describeModel(failed, NOW, "utc")).toEqual({
      glyph: "▲",
      word: "Failed",
      tone: "failed",
      detail: "the file's digest does not match",
    });
  });
});

it("is not plain ready when it alerts a lot", () => {
  const loud = modelOf("z", "cpu", { alert_rate: 0.25, judged: 20, alarming: true });
  expect(describeModel(loud, NOW, "utc")).toMatchObject({
    glyph: "▲",
    word: "Ready, alerts a lot",
    tone: "alarming",
  });
});

it("reads an address, and leaves out what is wrong in it", () => {
  const read = (address: string) => filtersOf(new URLSearchParams(address));
  expect(read("q=lat&state=failed&state=sad&sort=-trained")).toEqual({
    q: "lat",
    state: ["failed"],
    sort: "-trained_at",
  });
  expect(read("sort=colour")).toEqual({ sort: "state" });
});

it("describes a running and a finished job", () => {
  expect(describeJob(jobOf(), NOW)).toBe("7 of 12 pairs: 6 models trained, 1 skipped, 0 failed.");
  const done = jobOf({ state: "done", started_at: at(-70), finished_at: at(-60), trained: 11 });
  expect(describeJob(done, NOW)).toBe("Done 1 min ago, in 10 s: 11 models trained, 1 skipped, 0 failed.");
});

describe("the models page", () => {
  it("lists each pair's model", async () => {
    server.use(
      answer(
        "get",
        "/models",
        modelsOf(
          modelOf("b", "lat", { state: "failed", reason: "digest does not match" }),
          modelOf("a", "cpu"),
        ),
      ),
    );
    renderApp("/models");
    const rows = (await screen.findAllByRole("row")).slice(1);
    expect(rows[0]).toHaveTextContent("b");
    expect(rows[0]).toHaveTextContent("▲ Failed digest does not match");
    expect(rows[0]).toHaveTextContent("p99 latency");
    expect(rows[0]).toHaveTextContent("20–54 ms");
    expect(rows[1]).toHaveTextContent("● Ready");
    expect(rows[1]).toHaveTextContent("20–54%");
    for (const name of ["Failed 1", "Learning 0", "Ready 1"]) {
      expect(screen.getByRole("button", { name })).toBeVisible();
    }
  });

  it("is filtered, sorted and counted by the server, as the address says", async () => {
    const asked: string[] = [];
    server.use(
      answer("get", "/models", (request) => {
        const { searchParams } = new URL(request.url);
        asked.push(searchParams.toString());
        const found = [modelOf("b", "lat"), modelOf("c", "lat", { state: "failed" })];
        const fits = (state: string) =>
          !searchParams.has("state") || searchParams.getAll("state").includes(state);
        const items = found.filter(({ state }) => fits(state));
        return { ...modelsOf(...found), items, total: items.length };
      }),
    );
    const { user, address } = renderApp("/models?q=lat");
    expect(await screen.findByRole("heading", { name: "2 pairs that fit" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ready 1" }));
    expect(await screen.findByRole("heading", { name: "1 pair that fit" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Failed 1" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ready 1" }));
    await user.click(screen.getByRole("button", { name: "Samples" }));
    await user.click(screen.getByRole("button", { name: "Samples" }));
    expect(address()).toBe("/models?q=lat&sort=-samples");
    expect(screen.getByRole("columnheader", { name: "Samples" })).toHaveAttribute("aria-sort", "descending");
    await waitFor(() => expect(asked.at(-1)).toBe("q=lat&sort=-samples&offset=0&limit=100"));
    expect(asked).toContain("q=lat&state=ready&sort=state&offset=0&limit=100");
  });

  it("asks only for what it shows of ten thousand", async () => {
    const limits: number[] = [];
    server.use(
      answer("get", "/models", (request) => {
        limits.push(Number(new URL(request.url).searchParams.get("limit") ?? 10_000));
        const items = Array.from({ length: 100 }, (_, index) => modelOf(`service-${index}`, "lat"));
        return { items, total: 10_000, states: { failed: 0, warming_up: 0, ready: 10_000 } };
      }),
    );
    renderApp("/models");
    expect(await screen.findByRole("heading", { name: "10,000 pairs" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Ready 10,000" })).toBeVisible();
    expect(screen.getByRole("table")).toHaveAttribute("aria-rowcount", "10001");
    expect(Math.max(...limits)).toBeLessThanOrEqual(500);
  });

  it("opens the pair of the address, wherever in the list it stands", async () => {
    const far = modelOf("zebra", "lat");
    server.use(
      answer("get", "/models", (request) =>
        new URL(request.url).searchParams.get("service") === "zebra"
          ? modelsOf(far)
          : { ...modelsOf(modelOf("a", "cpu")), total: 9_000 },
      ),
    );
    renderApp("/models?service=zebra&metric=lat");
    expect(await screen.findByRole("dialog", { name: "Model of p99 latency on zebra" })).toBeVisible();
  });

  it("opens one pair, and retrains it alone", async () => {
    let asked = "";
    server.use(
      answer("post", "/retrain", (request) => {
        asked = new URL(request.url).search;
        return jobOf({ total: 1, done: 0 });
      }),
    );
    const { user, address } = renderApp("/models");
    await user.click(await screen.findByRole("button", { name: "payment-service" }));
    expect(address()).toBe("/models?service=payment-service&metric=lat");
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/240 of a window of 2 d/)).toBeVisible();
    const [first] = dialog.getAllByRole("button");
    expect(first, "Close stands in the head, whatever can be done below").toHaveAccessibleName("Close");
    expect(dialog.getByRole("button", { name: "Retrain this pair" })).toHaveFocus();
    await user.click(dialog.getByRole("button", { name: "Retrain this pair" }));
    expect(await screen.findByText("p99 latency on payment-service is being retrained.")).toBeVisible();
    expect(asked).toBe("?service=payment-service&metric=lat&force=false");
  });

  it("starts a retrain and shows its progress, skipped and failed pairs with reasons", async () => {
    let started = false;
    const running = jobOf({ failed: [{ service: "x", metric: "lat", reason: "all values are equal" }] });
    server.use(
      answer("post", "/retrain", () => {
        started = true;
        return running;
      }),
      answer("get", "/retrain", () => (started ? running : null)),
    );
    const { user } = renderApp("/models");
    const panel = within(await screen.findByRole("region", { name: "Retrain" }));
    await user.click(await panel.findByRole("button", { name: "Retrain all models" }));
    expect(await panel.findByText(/7 of 12 pairs/)).toBeVisible();
    expect(panel.getByRole("progressbar")).toHaveAttribute("value", "7");
    const failed = panel.getByText(/all values are equal/);
    expect(failed).toHaveTextContent("p99 latency on x: all values are equal");
    expect(panel.getByText("Skipped: 1")).toBeVisible();
    expect(panel.getByRole("button", { name: "Retraining" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Retraining 7/12" })).toBeVisible();
  });

  it("names fifty of forty thousand that failed, and counts them all", async () => {
    const problem = { metric: "lat", reason: "all values are equal" };
    const failed = Array.from({ length: 40_000 }, (_, index) => ({ service: `s${index}`, ...problem }));
    server.use(answer("get", "/retrain", jobOf({ state: "done", finished_at: at(0), failed })));
    renderApp("/models");
    const panel = within(await screen.findByRole("region", { name: "Retrain" }));
    expect(await panel.findByText("Failed: 40,000")).toBeVisible();
    expect(panel.getByText("and 39,950 more")).toBeVisible();
    expect(panel.getAllByText(/all values are equal/)).toHaveLength(50);
  });

  it("says quietly that there are no earlier weeks, and keeps showing the last retrain", async () => {
    const seasons = jobOf({
      id: "s1",
      trigger: "seasons",
      state: "done",
      finished_at: at(-65, Date.now()),
      trained: 0,
      skipped: [],
      detail: "Prometheus knows nothing of the weeks before; the present models stay",
    });
    const real = jobOf({
      trigger: "schedule",
      state: "done",
      finished_at: at(-600, Date.now()),
      trained: 11,
    });
    server.use(
      answer("get", "/retrain", (request) =>
        new URL(request.url).searchParams.get("background") === "false" ? real : seasons,
      ),
    );
    renderApp("/models");
    const panel = within(await screen.findByRole("region", { name: "Retrain" }));
    expect(await panel.findByText(/11 models trained/)).toHaveTextContent(/^By schedule: Done 10 min ago/);
    expect(panel.getByText(/No earlier weeks in Prometheus/)).toHaveTextContent(
      "No earlier weeks in Prometheus (1 min ago): daily and weekly habits are learned from now on.",
    );
    for (const alarming of [/0 models/, /knows nothing/]) expect(panel.queryByText(alarming)).toBeNull();
    expect(panel.getByRole("button", { name: "Retrain all models" })).toBeEnabled();
  });

  it("tells what came of the reading of earlier weeks", () => {
    const seasons = (change: Partial<RetrainJob>) =>
      describeSeasons(jobOf({ trigger: "seasons", state: "done", finished_at: at(-60), ...change }), NOW);
    expect(seasons({ trained: 3 })).toBe(
      "3 models know the daily and weekly habits of earlier weeks (1 min ago).",
    );
    expect(seasons({ state: "running" })).toBe("Reading earlier weeks from Prometheus: 7 of 12 pairs.");
    expect(seasons({ state: "failed", detail: "the disk is full" })).toMatch(/: the disk is full$/);
  });

  it("cancels a running retrain", async () => {
    let cancelled = "";
    server.use(
      answer("get", "/retrain", () => jobOf(cancelled ? { state: "cancelled", finished_at: at(0) } : {})),
      answer("post", "/retrain/{job_id}/cancel", (request) => {
        cancelled = new URL(request.url).pathname;
        return jobOf();
      }),
    );
    const { user } = renderApp("/models");
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByText(/Cancelled/)).toBeVisible();
    expect(cancelled).toBe("/api/v1/retrain/r1/cancel");
  });

  it("shows why a newer model was held back, takes it, and rolls back", async () => {
    const asked: string[] = [];
    const note = (request: Request) => asked.push(request.url.split("/api/v1")[1] ?? "");
    const model = modelOf("a", "lat", {
      candidate: "it would have called 9 % of the last day anomalous, the present one 0.1 %",
      changed: "12,000 samples instead of 9,000",
      before: at(-90_000),
    });
    server.use(
      answer("get", "/models", modelsOf(model)),
      answer("post", "/retrain", (request) => {
        note(request);
        return jobOf({ state: "done", finished_at: at(0) });
      }),
      answer("post", "/models/rollback", (request) => {
        note(request);
        return { generation: "g1", models: [{ service: "a", metric: "lat" }] };
      }),
    );
    const { user } = renderApp("/models?service=a&metric=lat");
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/9 % of the last day/)).toBeVisible();
    expect(dialog.getByText("12,000 samples instead of 9,000")).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Take the newer one" }));
    await user.click(dialog.getByRole("button", { name: "Roll back" }));
    await user.click(dialog.getByText("12,000 samples instead of 9,000"));
    expect(asked).toHaveLength(1);
    await user.click(await dialog.findByRole("button", { name: "Roll back" }));
    await user.click(dialog.getByRole("button", { name: "Press again to roll back" }));
    expect(await screen.findByText(/The model before serves p99 latency on a/)).toBeVisible();
    expect(asked).toEqual([
      "/retrain?service=a&metric=lat&force=true",
      "/models/rollback?service=a&metric=lat",
    ]);
  });

  it("says in words that one is running already", async () => {
    server.use(refuse("post", "/retrain", 409, "Job r1 has been running since 14:02."));
    const { user } = renderApp("/models");
    await user.click(await screen.findByRole("button", { name: "Retrain all models" }));
    expect(await screen.findByRole("alert")).toHaveTextContent(
      "A retrain is already running. Job r1 has been running since 14:02.",
    );
  });

  it("can be retrained from any page", async () => {
    const { user } = renderApp("/logs");
    await user.click(screen.getByRole("button", { name: "Retrain" }));
    expect(await screen.findByRole("button", { name: "Retrain all models" })).toBeVisible();
  });

  it("says when there is no model", async () => {
    server.use(answer("get", "/models", modelsOf()));
    renderApp("/models");
    expect(await screen.findByText("No models yet")).toBeVisible();
  });
});
