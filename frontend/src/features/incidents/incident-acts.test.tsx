import { act, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { IncidentDetail, TimelineEntry } from "@/lib/api/types";
import { catchDownloads } from "@/testing/downloads";
import { at, incidentDetailOf, incidentListOf, incidentOf, NOW } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, refuse, server, urlOf } from "@/testing/server";

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const entry = (kind: TimelineEntry["kind"], seconds: number): TimelineEntry => ({
  at: at(seconds),
  kind,
  actor: "operator",
  text: "",
});

/** Incident 7 as it stands after these acts. */
function stands(status: IncidentDetail["status"], ...acts: TimelineEntry[]): IncidentDetail {
  const timeline = [...incidentDetailOf(7).timeline, ...acts];
  return incidentDetailOf(7, { status, timeline, resolved_at: status === "RESOLVED" ? at(-5) : null });
}

const TOO_LATE = "Incident #7 was acknowledged 6 min ago; undo is for the first 5 min.";

describe("taking back", () => {
  it("tells why the server refused it, in the server's words, on this page and after it was left", async () => {
    server.use(
      answer(
        "post",
        "/incidents/{incident_id}/acknowledge",
        stands("ACKNOWLEDGED", entry("acknowledged", 0)),
      ),
      refuse("post", "/incidents/{incident_id}/undo", 409, TOO_LATE),
      answer("get", "/incidents", incidentListOf([incidentOf(9)])),
    );
    const { user } = renderApp("/incidents/7");
    await screen.findByRole("button", { name: "Acknowledge" });
    await user.keyboard("a");
    await screen.findByText("Incident #7 is acknowledged.");
    await user.click(screen.getByRole("link", { name: /^Incidents$/, current: "page" }));
    await screen.findByRole("link", { name: incidentOf(9).title });
    await user.keyboard("u");
    expect(await screen.findByText(TOO_LATE)).toBeVisible();
  });

  it("does not put another sentence in the place of the server's", async () => {
    server.use(
      answer("get", "/incidents/{incident_id}", stands("ACKNOWLEDGED", entry("acknowledged", -290))),
      refuse("post", "/incidents/{incident_id}/undo", 409, TOO_LATE),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    expect(await screen.findByText(TOO_LATE)).toBeVisible();
    expect(screen.queryByText(/^Not done/)).toBeNull();
  });

  it("is offered for five minutes, long after the message went, by button and by key", async () => {
    let undone = 0;
    server.use(
      answer("get", "/incidents/{incident_id}", () =>
        undone ? stands("OPEN") : stands("ACKNOWLEDGED", entry("acknowledged", -240)),
      ),
      answer("post", "/incidents/{incident_id}/undo", () => {
        undone += 1;
        return stands("OPEN", entry("acknowledged", -240), entry("undone", 0));
      }),
    );
    const { user } = renderApp("/incidents/7");
    expect(await screen.findByRole("button", { name: "Undo" })).toBeVisible();
    await user.keyboard("u");
    expect(await screen.findByText("Incident #7 is put back as before.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    expect(undone).toBe(1);
  });

  it.each([
    ["six minutes later", stands("ACKNOWLEDGED", entry("acknowledged", -360))],
    ["after Canopy's own resolution", stands("RESOLVED", { ...entry("resolved", -10), actor: "canopy" })],
    ["of what was taken back", stands("OPEN", entry("acknowledged", -20), entry("undone", -10))],
    ["of a reopening", stands("OPEN", entry("resolved", -20), entry("reopened", -10))],
  ])("is not offered %s", async (_when, incident) => {
    server.use(answer("get", "/incidents/{incident_id}", incident));
    renderApp("/incidents/7");
    await screen.findByRole("button", { name: /^(Resolve|Reopen)$/ });
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });
});

describe("what was typed", () => {
  it("is there again when the resolution fails, and goes with the one that succeeds", async () => {
    const sent: unknown[] = [];
    const full = "the disk is full. Nothing was changed";
    server.use(refuse("post", "/incidents/{incident_id}/resolve", 503, full));
    const { user } = renderApp("/incidents/7");
    const open = async () => {
      await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
      return screen.findByLabelText("Comment (optional)");
    };
    await user.type(await open(), "Pool doubled");
    await user.click(screen.getByRole("button", { name: /^Maintenance/ }));
    expect(await screen.findByText(full)).toBeVisible();
    expect(await open()).toHaveValue("Pool doubled");

    server.use(
      answer("post", "/incidents/{incident_id}/resolve", async (request) => {
        sent.push(await request.json());
        return stands("RESOLVED", entry("resolved", 0));
      }),
      answer("post", "/incidents/{incident_id}/reopen", stands("OPEN")),
    );
    await user.click(screen.getByRole("button", { name: /^Maintenance/ }));
    await screen.findByText("Incident #7 is resolved.");
    expect(sent).toEqual([{ reason: "maintenance", comment: "Pool doubled" }]);
    await user.click(screen.getByRole("button", { name: "Reopen" }));
    await screen.findByText("Incident #7 is reopened.");
    expect(await open()).toHaveValue("");
  });

  it("stands below the timeline when another operator resolved it first", async () => {
    let resolved = false;
    server.use(
      answer("get", "/incidents/{incident_id}", () =>
        resolved ? stands("RESOLVED", entry("resolved", -12)) : stands("OPEN"),
      ),
      http.post(urlOf("/incidents/{incident_id}/resolve"), () => {
        resolved = true;
        return HttpResponse.json({ detail: "Incident #7 is resolved" }, { status: 409 });
      }),
      answer("post", "/incidents/{incident_id}/comments", stands("RESOLVED", entry("comment", 0))),
    );
    const { user } = renderApp("/incidents/7");
    await user.click(await screen.findByRole("button", { name: "Resolve with a reason" }));
    await user.type(await screen.findByLabelText("Comment (optional)"), "Pool doubled");
    await user.click(screen.getByRole("button", { name: /^Noise/ }));
    expect(await screen.findByText(/Your comment was not sent/)).toBeVisible();
    expect(screen.getByLabelText("Add a comment")).toHaveValue("Pool doubled");
    await user.click(screen.getByRole("button", { name: "Add comment" }));
    await waitFor(() => expect(screen.getByLabelText("Add a comment")).toHaveValue(""));
  });

  it("can be copied when the incident is deleted under the writer", async () => {
    const { user } = renderApp("/incidents/8");
    await user.type(await screen.findByLabelText("Add a comment"), "Seen in the ledger too");
    server.use(refuse("get", "/incidents/{incident_id}", 404, "There is no incident #8."));
    act(() => FakeEventSource.newest.say("incident"));
    const kept = await screen.findByLabelText(/not sent: copy it/);
    expect(kept).toHaveValue("Seen in the ledger too");
    expect(kept).toHaveAttribute("readonly");
  });
});

describe("the focus", () => {
  const press = async (user: ReturnType<typeof renderApp>["user"], name: string | RegExp) => {
    (await screen.findByRole("button", { name })).focus();
    await user.keyboard("{Enter}");
  };
  const expectFocus = (name: string) =>
    waitFor(() => expect(screen.getByRole("button", { name })).toHaveFocus());

  it("goes on to the button that takes the place of the one pressed", async () => {
    const acknowledged = stands("ACKNOWLEDGED", entry("acknowledged", -1));
    server.use(
      answer("post", "/incidents/{incident_id}/acknowledge", acknowledged),
      answer("post", "/incidents/{incident_id}/resolve", stands("RESOLVED", entry("resolved", -1))),
      answer("post", "/incidents/{incident_id}/undo", stands("OPEN")),
    );
    const { user } = renderApp("/incidents/7");
    await press(user, "Acknowledge");
    await screen.findByText("Incident #7 is acknowledged.");
    await expectFocus("Resolve");
    await user.keyboard("{Enter}");
    await screen.findByText("Incident #7 is resolved.");
    await expectFocus("Reopen");
    await press(user, "Undo");
    await screen.findByText("Incident #7 is put back as before.");
    await expectFocus("Resolve");
  });

  it("comes back to Resolve when it was refused", async () => {
    let refuseIt: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      refuseIt = resolve;
    });
    server.use(
      http.post(urlOf("/incidents/{incident_id}/resolve"), async () => {
        await held;
        return HttpResponse.json({ detail: "the disk is full" }, { status: 503 });
      }),
    );
    const { user } = renderApp("/incidents/7");
    await press(user, "Resolve");
    await expectFocus("Reopen");
    refuseIt();
    await screen.findByText("the disk is full");
    await expectFocus("Resolve");
  });
});

it("sends one answer however often it is pressed, and another one changes it", async () => {
  const sent: unknown[] = [];
  let arrive: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  server.use(
    answer("post", "/incidents/{incident_id}/feedback", async (request) => {
      const { answer: feedback } = (await request.json()) as { answer: "noise" | "yes" };
      sent.push(feedback);
      await held;
      return incidentDetailOf(7, { feedback });
    }),
  );
  const { user } = renderApp("/incidents/7");
  const pressed = (name: string) => screen.findByRole("button", { name, pressed: true });
  await user.dblClick(await screen.findByRole("button", { name: "No, noise" }));
  arrive();
  await user.click(await pressed("No, noise"));
  await waitFor(() => expect(sent).toHaveLength(1));
  await user.click(screen.getByRole("button", { name: "Yes" }));
  await pressed("Yes");
  await waitFor(() => expect(sent).toEqual(["noise", "yes"]));
});

describe("its export", () => {
  afterEach(() => void vi.restoreAllMocks());

  const choose = async (user: ReturnType<typeof renderApp>["user"], form: string) => {
    await user.click(await screen.findByRole("button", { name: "Export" }));
    await user.click(await screen.findByRole("menuitem", { name: form }));
  };

  it("is the server's file, byte by byte", async () => {
    server.use(
      http.get(urlOf("/incidents/{incident_id}/export"), ({ request }) =>
        HttpResponse.text(`as ${new URL(request.url).searchParams.get("format")}\n`),
      ),
    );
    const files = catchDownloads();
    const { user } = renderApp("/incidents/7");
    await choose(user, "Markdown");
    await choose(user, "JSON");
    await waitFor(() => expect(files).toHaveLength(2));
    expect(files.map(({ name }) => name)).toEqual(["incident-7.md", "incident-7.json"]);
    expect(await Promise.all(files.map(({ blob }) => blob.text()))).toEqual(["as md\n", "as json\n"]);
  });

  it("says why there is none", async () => {
    server.use(refuse("get", "/incidents/{incident_id}/export", 503, "the database is locked"));
    const { user } = renderApp("/incidents/7");
    await choose(user, "Markdown");
    expect(await screen.findByText("The incident was not exported. the database is locked")).toBeVisible();
  });
});
