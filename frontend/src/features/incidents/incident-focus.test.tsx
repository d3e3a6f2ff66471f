import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { IncidentDetail, TimelineEntry } from "@/lib/api/types";
import { at, incidentDetailOf, NOW } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, server } from "@/testing/server";

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** Another operator brings the incident to `status`, and the page hears of it. */
function another(status: "ACKNOWLEDGED" | "RESOLVED", id: number): void {
  const kind = status === "RESOLVED" ? "resolved" : "acknowledged";
  const entry: TimelineEntry = { at: at(-1), kind, actor: "operator", text: "" };
  const timeline = [...incidentDetailOf(id).timeline, entry];
  const resolved_at = status === "RESOLVED" ? at(-1) : null;
  const after: IncidentDetail = incidentDetailOf(id, { status, timeline, resolved_at });
  server.use(answer("get", "/incidents/{incident_id}", after));
  act(() => FakeEventSource.newest.say("incident"));
}

/** The page of incident `id`, which is open. */
function openIncident(id: number) {
  server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(id)));
  return renderApp(`/incidents/${id}`);
}

/** Every act that reaches the server, by its path's last word. */
function noteActs(id: number): string[] {
  const acts: string[] = [];
  for (const name of ["acknowledge", "resolve", "reopen", "undo"] as const) {
    server.use(
      answer("post", `/incidents/{incident_id}/${name}`, () => {
        acts.push(name);
        return incidentDetailOf(id);
      }),
    );
  }
  return acts;
}

describe("when another operator is faster, the focus", () => {
  it("follows a comment begun for the resolution to the timeline, where typing goes on", async () => {
    const acts = noteActs(21);
    const { user } = openIncident(21);
    await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
    await user.type(await screen.findByLabelText("Comment (optional)"), "Pool");
    another("RESOLVED", 21);
    await screen.findByRole("button", { name: "Reopen" });
    const field = screen.getByLabelText("Add a comment");
    expect(field).toHaveFocus();
    expect(field).toHaveValue("Pool");
    await user.keyboard(" or{Enter}u");
    expect(field).toHaveValue("Pool or\nu");
    expect(acts).toEqual([]);
  });

  it("takes no letter for an act from who has just opened the field", async () => {
    const acts = noteActs(22);
    const { user } = openIncident(22);
    await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
    (await screen.findByLabelText("Comment (optional)")).focus();
    another("RESOLVED", 22);
    await screen.findByRole("button", { name: "Reopen" });
    await user.keyboard("our");
    expect(screen.getByLabelText("Add a comment")).toHaveValue("our");
    expect(acts).toEqual([]);
  });

  it.each([
    ["Acknowledge", "ACKNOWLEDGED", "Acknowledged"],
    ["Resolve", "RESOLVED", "Resolved"],
  ] as const)("goes from %s to the status, where no press acts", async (name, status, word) => {
    const acts = noteActs(23);
    const { user } = openIncident(23);
    (await screen.findByRole("button", { name })).focus();
    another(status, 23);
    await waitFor(() => expect(document.activeElement).toHaveTextContent(new RegExp(`^${word}$`)));
    await user.keyboard("{Enter} ");
    expect(acts).toEqual([]);
  });
});

it("keeps what was typed when the field was closed before another operator resolved it", async () => {
  const { user } = openIncident(24);
  await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
  await user.type(await screen.findByLabelText("Comment (optional)"), "Pool doubled");
  await user.keyboard("{Escape}");
  another("RESOLVED", 24);
  await screen.findByRole("button", { name: "Reopen" });
  expect(screen.getByLabelText("Add a comment")).toHaveValue("Pool doubled");
});

it("leaves the focus in the field when a comment is sent by its button", async () => {
  server.use(answer("post", "/incidents/{incident_id}/comments", incidentDetailOf(25)));
  const { user } = openIncident(25);
  const field = await screen.findByLabelText("Add a comment");
  await user.type(field, "Seen in the ledger too");
  await user.tab();
  expect(screen.getByRole("button", { name: "Add comment" })).toHaveFocus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(field).toHaveValue(""));
  expect(field).toHaveFocus();
});
