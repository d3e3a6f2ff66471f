import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { IncidentDetail } from "@/lib/api/types";
import { at, cardOf, historyOf, incidentDetailOf, incidentListOf, incidentOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { logsOf } from "@/testing/range-factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server, urlOf } from "@/testing/server";

const entry = (kind: IncidentDetail["timeline"][number]["kind"], text: string) => ({
  at: at(-12),
  kind,
  actor: "operator" as const,
  text,
});

describe("an incident", () => {
  it("is on one screen: sentence, reason, why, logs with their count, timeline", async () => {
    renderApp("/incidents/7");
    expect(await screen.findByRole("heading", { level: 1, name: incidentOf(7).title })).toBeVisible();
    expect(screen.getByText("3,412 ms where 20 to 54 ms is expected; Critical from 3,000 ms.")).toBeVisible();
    expect(screen.getByText("63.2× the top of the range", { exact: false })).toBeVisible();
    expect(screen.getByText("4 of 6 lines explain this")).toBeVisible();
    expect(screen.getByText("explains: new message just before the event")).toBeVisible();
    expect(screen.getByText("Looking at it")).toBeVisible();
    expect(screen.getByRole("link", { name: "Open in Logs" })).toHaveAttribute(
      "href",
      expect.stringContaining("service=payment-service&event_ts="),
    );
    expect(
      await screen.findByRole("slider", { name: /p99 latency of payment-service: 1 reading/ }),
    ).toBeVisible();
  });

  it("says what the model saw, in parts, and which incident it is like", async () => {
    renderApp("/incidents/7");
    const saw = within(await screen.findByRole("region", { name: "What the model saw" }));
    expect(saw.getByText("far above its usual level").closest("li")).toHaveTextContent("58%");
    expect(screen.getByText("This hour last week").nextElementSibling).toHaveTextContent("36.4 ms");
    const before = within(screen.getByRole("region", { name: "It was like this before" }));
    expect(before.getByRole("link", { name: "#3" })).toHaveAttribute("href", "/incidents/3");
    expect(before.getByText(/pool enlarged/)).toBeVisible();
  });

  it("explains itself without a card and with a range of one end", async () => {
    server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(7, { card: null })));
    renderApp("/incidents/7");
    expect(await screen.findByText("20–54 ms")).toBeVisible();
    expect(screen.queryByText("What the model saw")).toBeNull();
    server.use(
      answer(
        "get",
        "/incidents/{incident_id}",
        incidentDetailOf(8, { card: cardOf({ low: null, nearest: null }) }),
      ),
    );
    renderApp("/incidents/8");
    expect(await screen.findByText("up to 54 ms")).toBeVisible();
  });

  it("shows what else fired at the same time, itself left out", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/incidents", (request) => {
        asked = new URL(request.url).searchParams;
        return incidentListOf([incidentOf(7), incidentOf(6, { service: "ledger", metric_title: "CPU" })]);
      }),
    );
    renderApp("/incidents/7");
    const region = within(await screen.findByRole("region", { name: "At the same time" }));
    expect(region.getAllByRole("link")).toHaveLength(1);
    expect(region.getByRole("link", { name: "ledger CPU" })).toHaveAttribute("href", "/incidents/6");
    expect(asked.get("start")).toBe(at(-480));
    expect(asked.get("end")).toBe(at(290));
  });

  it("moves the logs to the reading that is picked, and back", async () => {
    let asked = "";
    const points = [-300, -200, -100].map((back) => ({
      timestamp: at(back),
      value: 30,
      prediction: "Normal" as const,
      severity: "Normal" as const,
      score: 0.2,
      expected: null,
    }));
    server.use(
      answer("get", "/metrics/history", historyOf("payment-service", "lat", { points })),
      answer("get", "/logs", (request) => {
        asked = new URL(request.url).searchParams.get("event_ts") ?? "";
        return logsOf({ lines: [{ ...incidentDetailOf(7).logs[0], message: "quiet then" } as never] });
      }),
    );
    const { user, address } = renderApp("/incidents/7");
    const chart = await screen.findByRole("slider");
    fireEvent.keyDown(chart, { key: "Home" });
    fireEvent.keyDown(chart, { key: "Enter" });
    expect(await screen.findByText("quiet then")).toBeVisible();
    expect(Date.parse(asked)).toBe(Date.parse(at(-300)));
    expect(address()).toContain("at=");
    await user.click(screen.getByRole("button", { name: "Back to the event" }));
    expect(await screen.findByText("4 of 6 lines explain this")).toBeVisible();
    expect(address()).toBe("/incidents/7");
  });

  it("draws the readings it has kept when the past itself is gone", async () => {
    server.use(refuse("get", "/metrics/history", 404, "no reading of lat on 'payment-service' is stored"));
    renderApp("/incidents/7");
    expect(await screen.findByRole("slider", { name: /1 reading, newest 3,412 ms/ })).toBeVisible();
  });

  it("says when no log lines are there", async () => {
    server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(7, { logs: [] })));
    renderApp("/incidents/7");
    expect(await screen.findByText("No log lines around the event")).toBeVisible();
  });

  it("goes to its neighbours in the list it was opened from", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/incidents/ids", (request) => {
        asked = new URL(request.url).searchParams;
        return { ids: [9, 7, 5], total: 3 };
      }),
    );
    const { user, address } = renderApp("/incidents/7?status=OPEN&at=2026-11-21T14:00:00Z");
    expect(await screen.findByText("2 of 3")).toBeVisible();
    expect(asked.get("status")).toBe("OPEN");
    await user.keyboard("j");
    await waitFor(() => expect(address()).toBe("/incidents/5?status=OPEN"));
    await user.keyboard("k");
    await waitFor(() => expect(address()).toBe("/incidents/7?status=OPEN"));
    const trail = within(screen.getByRole("navigation", { name: "Where this is" }));
    expect(trail.getByRole("link", { name: "Incidents" })).toHaveAttribute("href", "/incidents?status=OPEN");
  });
});

describe("what an operator does to it", () => {
  it("is resolved with one key, shown at once, and undone with another", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.use(
      answer("post", "/incidents/{incident_id}/resolve", async () => {
        await held;
        return incidentDetailOf(7, { status: "RESOLVED", resolved_at: at(0) });
      }),
      answer("post", "/incidents/{incident_id}/undo", incidentDetailOf(7)),
    );
    const { user } = renderApp("/incidents/7");
    await screen.findByRole("button", { name: "Resolve" });
    await user.keyboard("r");
    expect(await screen.findByRole("button", { name: "Reopen" })).toBeVisible();
    release();
    expect(await screen.findByText("Incident #7 is resolved.")).toBeVisible();
    await user.keyboard("u");
    expect(await screen.findByRole("button", { name: "Resolve" })).toBeVisible();
    expect(await screen.findByText("Incident #7 is put back as before.")).toBeVisible();
  });

  it("is resolved with a reason and a comment; reopening is undone by resolving for that reason", async () => {
    const sent: unknown[] = [];
    const resolved = incidentDetailOf(7, {
      status: "RESOLVED",
      resolved_at: at(0),
      resolve_reason: "maintenance",
    });
    server.use(
      answer("post", "/incidents/{incident_id}/resolve", async (request) => {
        sent.push(await request.json());
        return resolved;
      }),
      answer("post", "/incidents/{incident_id}/reopen", incidentDetailOf(7)),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
    await user.type(await screen.findByLabelText("Comment (optional)"), "Pool doubled");
    await user.click(screen.getByRole("button", { name: /^Maintenance/ }));
    expect(await screen.findByText(/as maintenance/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Acknowledge" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Reopen" }));
    expect(await screen.findByText("Incident #7 is reopened.")).toBeVisible();
    await user.keyboard("u");
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toEqual([
      { reason: "maintenance", comment: "Pool doubled" },
      { reason: "maintenance", comment: "" },
    ]);
  });

  it("says in the operator's words why it was resolved", async () => {
    const resolved = { status: "RESOLVED", resolved_at: at(0), resolve_reason: "real" } as const;
    server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(7, resolved)));
    renderApp("/incidents/7");
    expect(await screen.findByText(/ as real trouble$/)).toBeVisible();
  });

  it("shows a comment that would turn the line round as what it is", async () => {
    const timeline = [entry("comment", "all good ‮ton")];
    server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(7, { timeline })));
    renderApp("/incidents/7");
    expect(await screen.findByText("all good <U+202E>ton")).toBeVisible();
  });

  it("says who was faster, when, and how it stands now", async () => {
    const timeline = [...incidentDetailOf(7).timeline, entry("resolved", "Resolved, it was noise.")];
    let resolved = false;
    server.use(
      answer("get", "/incidents/{incident_id}", () =>
        resolved
          ? incidentDetailOf(7, { status: "RESOLVED", resolved_at: at(-12), timeline })
          : incidentDetailOf(7),
      ),
      http.post(urlOf("/incidents/{incident_id}/acknowledge"), () => {
        resolved = true;
        return HttpResponse.json({ detail: "Incident #7 is resolved" }, { status: 409 });
      }),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Acknowledge" }));
    expect(await screen.findByText(/the incident is resolved already/)).toHaveTextContent(
      /Resolved, it was noise. By an operator/,
    );
    expect(screen.getByRole("button", { name: "Reopen" })).toBeVisible();
  });

  it("takes comments and answers", async () => {
    const timeline = incidentDetailOf(7).timeline;
    server.use(
      answer("post", "/incidents/{incident_id}/comments", async (request) => {
        const { text } = (await request.json()) as { text: string };
        return incidentDetailOf(7, { timeline: [...timeline, entry("comment", text)] });
      }),
      answer("post", "/incidents/{incident_id}/feedback", incidentDetailOf(7, { feedback: "noise" })),
    );
    const { user } = renderApp("/incidents/7");
    const field = await screen.findByLabelText("Add a comment");
    expect(screen.getByRole("button", { name: "Add comment" })).toBeDisabled();
    await user.type(field, "  Rolled <b>back</b>  ");
    await user.click(screen.getByRole("button", { name: "Add comment" }));
    expect(await screen.findByText("Rolled <b>back</b>")).toBeVisible();
    await waitFor(() => expect(field).toHaveValue(""));
    const right = within(screen.getByRole("region", { name: "Was this right?" }));
    await user.click(right.getByRole("button", { name: "No, noise" }));
    await waitFor(() =>
      expect(right.getByRole("button", { name: "No, noise" })).toHaveAttribute("aria-pressed", "true"),
    );
    expect(right.getByText(/^The model is trained again/)).toBeVisible();
  });
});

describe("an incident that is not there", () => {
  it("is said to be none", async () => {
    server.use(refuse("get", "/incidents/{incident_id}", 404, "There is no incident #99."));
    renderApp("/incidents/99");
    expect(await screen.findByText("There is no incident #99")).toBeVisible();
    expect(screen.getByRole("link", { name: "All incidents" })).toHaveAttribute("href", "/incidents");
  });

  it("is not asked for when the address holds no number", async () => {
    renderApp("/incidents/abc");
    expect(await screen.findByText("There is no such incident")).toBeVisible();
  });

  it.each(["0", "100000000000000000000"])(
    "is said to be none where no incident can have its number: %s",
    async (id) => {
      server.use(refuse("get", "/incidents/{incident_id}", 422, "path.incident_id: Input should be less"));
      renderApp(`/incidents/${id}`);
      expect(await screen.findByText(`There is no incident #${id}`)).toBeVisible();
      expect(screen.queryByText(/path.incident_id/)).toBeNull();
    },
  );

  it("stays to be read when it is deleted under the reader, and nothing can be done with it", async () => {
    renderApp("/incidents/7");
    await screen.findByRole("button", { name: "Resolve" });
    server.use(refuse("get", "/incidents/{incident_id}", 404, "There is no incident #7."));
    act(() => FakeEventSource.newest.say("incident"));
    expect(await screen.findByText("Incident #7 is no longer there")).toBeVisible();
    expect(screen.getByRole("heading", { level: 1, name: incidentOf(7).title })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Resolve" })).toBeNull();
    expect(screen.queryByLabelText("Add a comment")).toBeNull();
  });

  it("says so when the answer is no JSON, and keeps what it knew", async () => {
    renderApp("/incidents/7");
    await screen.findByRole("button", { name: "Resolve" });
    server.use(
      http.get(urlOf("/incidents/{incident_id}"), () => HttpResponse.text("<html>", { status: 200 })),
    );
    act(() => FakeEventSource.newest.say("incident"));
    expect(await screen.findByText(/The server's answer is not JSON/)).toBeVisible();
    expect(screen.getByRole("heading", { level: 1, name: incidentOf(7).title })).toBeVisible();
  });
});
