import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, incidentDetailOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server } from "@/testing/server";

describe("an incident", () => {
  it("is on one screen: sentence, reason, why, logs with their count, timeline", async () => {
    renderApp("/incidents/7");
    expect(
      await screen.findByRole("heading", {
        level: 1,
        name: "p99 latency of payment-service is far above its expected range",
      }),
    ).toBeVisible();
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
      await screen.findByRole("img", { name: /p99 latency of payment-service: 1 reading/ }),
    ).toBeVisible();
  });

  it("is resolved with a reason and a comment", async () => {
    let sent: unknown;
    server.use(
      answer("post", "/incidents/{incident_id}/resolve", async (request) => {
        sent = await request.json();
        return incidentDetailOf(7, { status: "RESOLVED", resolved_at: at(0), resolve_reason: "maintenance" });
      }),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Resolve" }));
    await user.selectOptions(await screen.findByLabelText("Reason (optional)"), "maintenance");
    await user.type(screen.getByLabelText("Comment (optional)"), "Pool doubled");
    await user.click(screen.getByRole("button", { name: "Resolve incident" }));
    expect(await screen.findByRole("button", { name: "Reopen" })).toBeVisible();
    expect(sent).toEqual({ reason: "maintenance", comment: "Pool doubled" });
    expect(screen.getByText(/as maintenance/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Acknowledge" })).toBeNull();
  });

  it("shows why an action was refused", async () => {
    server.use(
      refuse("post", "/incidents/{incident_id}/acknowledge", 409, "Incident 7 is RESOLVED: reopen it first."),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Acknowledge" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Incident 7 is RESOLVED: reopen it first.");
  });

  it("takes comments and answers", async () => {
    const timeline = incidentDetailOf(7).timeline;
    server.use(
      answer("post", "/incidents/{incident_id}/comments", async (request) => {
        const { text } = (await request.json()) as { text: string };
        return incidentDetailOf(7, {
          timeline: [...timeline, { at: at(0), kind: "comment", actor: "operator", text }],
        });
      }),
      answer("post", "/incidents/{incident_id}/feedback", incidentDetailOf(7, { feedback: "noise" })),
    );
    const { user } = renderApp("/incidents/7");
    const field = await screen.findByLabelText("Add a comment");
    expect(screen.getByRole("button", { name: "Add comment" })).toBeDisabled();
    await user.type(field, "  Rolled back  ");
    await user.click(screen.getByRole("button", { name: "Add comment" }));
    expect(await screen.findByText("Rolled back")).toBeVisible();
    await waitFor(() => expect(field).toHaveValue(""));
    const right = within(screen.getByRole("region", { name: "Was this right?" }));
    await user.click(right.getByRole("button", { name: "No, noise" }));
    await waitFor(() =>
      expect(right.getByRole("button", { name: "No, noise" })).toHaveAttribute("aria-pressed", "true"),
    );
  });

  it("says when there is no such incident", async () => {
    server.use(refuse("get", "/incidents/{incident_id}", 404, "There is no incident 99."));
    renderApp("/incidents/99");
    expect(await screen.findByText("There is no incident 99.")).toBeVisible();
  });

  it("does not ask the server for what is no number", async () => {
    renderApp("/incidents/abc");
    expect(await screen.findByText('"abc" is not an incident\'s number.')).toBeVisible();
  });

  it("says when no log lines are there", async () => {
    server.use(answer("get", "/incidents/{incident_id}", incidentDetailOf(7, { logs: [] })));
    renderApp("/incidents/7");
    expect(await screen.findByText("No log lines around the event")).toBeVisible();
  });
});
