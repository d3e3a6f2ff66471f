import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server } from "@/testing/server";
import { previewOf, sensitivitiesOf } from "@/testing/tuning-factories";
import { parseScore, previewText } from "./view-model";

describe("a preview in words", () => {
  it("says the rate before and after and what changes", () => {
    expect(previewText(previewOf())).toBe(
      "4 alerts a week instead of 2: 2 would have come, 0 would have gone.",
    );
    expect(previewText(previewOf({ appears: 0, vanishes: 0, asked: previewOf().present }))).toBe(
      "2 alerts a week instead of 2: the same 2 incidents in these days.",
    );
  });

  it("says nothing of what no score is stored for", () => {
    expect(previewText(previewOf({ judged: 0 }))).toMatch(/^No score is stored/);
  });
});

it("takes scores between 0 and 1 only", () => {
  expect(["0.6", "0", "1", "-1", "", "x", "1e-3"].map(parseScore)).toEqual([
    0.6,
    null,
    null,
    null,
    null,
    null,
    0.001,
  ]);
});

describe("the sensitivity page", () => {
  it("shows what each metric is judged by, and who changed it", async () => {
    const base = sensitivitiesOf();
    const [cpu, lat] = base.items;
    if (!cpu || !lat) throw new Error("the example has two");
    server.use(
      answer("get", "/sensitivity", {
        ...base,
        items: [cpu, { ...lat, sensitivity: 0.7, threshold: 0.7, source: "operator" }],
        history: [{ at: at(-60), by: "ana", metric: "lat", sensitivity: 0.7 }],
      }),
    );
    renderApp("/models/sensitivity");
    expect(await screen.findByRole("row", { name: /p99 latency score 0.7 0.7 an operator/ })).toBeVisible();
    expect(screen.getByRole("region", { name: "Changes" })).toHaveTextContent(
      "ana set p99 latency to score 0.7",
    );
  });

  it("previews before it saves, and is undone", async () => {
    const saved: unknown[] = [];
    let previewed: unknown;
    server.use(
      answer("post", "/sensitivity/preview", async (request) => {
        previewed = await request.json();
        return previewOf();
      }),
      answer("put", "/sensitivity/{metric}", async (request) => {
        saved.push(await request.json());
        return sensitivitiesOf();
      }),
      answer("delete", "/sensitivity/{metric}", () => {
        saved.push("config.yaml");
        return sensitivitiesOf();
      }),
    );
    const { user, address } = renderApp("/models/sensitivity");
    await user.click(await screen.findByRole("button", { name: "Change the sensitivity of p99 latency" }));
    expect(address()).toBe("/models/sensitivity?metric=lat");
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByRole("button", { name: /^Save/ })).toBeDisabled();
    await user.click(dialog.getByRole("radio", { name: /^high/ }));
    await waitFor(() => expect(previewed).toEqual({ metric: "lat", sensitivity: "high", days: 7 }));
    expect(await dialog.findByText(/4 alerts a week instead of 2/)).toBeVisible();
    expect(saved).toEqual([]);
    await user.click(dialog.getByRole("button", { name: "Save high" }));
    await waitFor(() => expect(saved).toEqual([{ sensitivity: "high", by: "operator" }]));
    await user.click(await screen.findByRole("button", { name: /^Undo/ }));
    await waitFor(() => expect(saved.at(-1)).toBe("config.yaml"));
  });

  it("says why one is refused, and keeps the dialog", async () => {
    server.use(
      answer("post", "/sensitivity/preview", previewOf()),
      refuse("put", "/sensitivity/{metric}", 409, "detection.detector is isolation_forest"),
    );
    const { user } = renderApp("/models/sensitivity?metric=lat");
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("radio", { name: /^low/ }));
    await user.click(dialog.getByRole("button", { name: "Save low" }));
    expect(await dialog.findByRole("alert")).toHaveTextContent("detection.detector is isolation_forest");
  });

  it("offers nothing where the detector has none", async () => {
    server.use(answer("get", "/sensitivity", sensitivitiesOf({ applies: false })));
    renderApp("/models/sensitivity?metric=lat");
    expect(await screen.findByText("The isolation forest has no sensitivity")).toBeVisible();
    expect(screen.getByRole("button", { name: "Change the sensitivity of CPU" })).toBeDisabled();
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
