import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { BulkBody, IncidentSummary } from "@/lib/api/types";
import { catchDownloads } from "@/testing/downloads";
import { incidentDetailOf, incidentListOf, incidentOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server, urlOf } from "@/testing/server";

/** Remembers what the list was asked for. */
function listen(items: IncidentSummary[] = [incidentOf(7)]) {
  const asked: URLSearchParams[] = [];
  server.use(
    answer("get", "/incidents", (request) => {
      asked.push(new URL(request.url).searchParams);
      return incidentListOf(items);
    }),
    answer("get", "/incidents/ids", { ids: items.map((each) => each.id), total: items.length }),
  );
  return asked;
}

/** A list whose server does as it is told, except to those in `stubborn`. */
function actable(count: number, stubborn: number[] = []) {
  const items = Array.from({ length: count }, (_, index) =>
    incidentOf(count - index, { title: `Trouble ${count - index}` }),
  );
  listen(items);
  const sent: BulkBody[] = [];
  server.use(
    answer("post", "/incidents/bulk", async (request) => {
      const body = (await request.json()) as BulkBody;
      sent.push(body);
      for (const item of items) {
        if (!body.ids.includes(item.id) || stubborn.includes(item.id)) continue;
        item.status = { acknowledge: "ACKNOWLEDGED", resolve: "RESOLVED", reopen: "OPEN", undo: "OPEN" }[
          body.action
        ] as IncidentSummary["status"];
      }
      return {
        changed: body.ids.filter((id) => !stubborn.includes(id)),
        refused: body.ids
          .filter((id) => stubborn.includes(id))
          .map((id) => ({ id, detail: `Incident #${id} is resolved, so it cannot be resolved.` })),
      };
    }),
  );
  return sent;
}

/** Three incidents whose acts are answered only when the test says so. */
function slowActs(): () => void {
  actable(3);
  let answerNow: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  server.use(
    answer("post", "/incidents/bulk", async (request) => {
      const { ids } = (await request.json()) as BulkBody;
      await waited;
      return { changed: ids, refused: [] };
    }),
  );
  return answerNow;
}

const row = (id: number) => {
  const line = screen.getByRole("link", { name: `Trouble ${id}` }).closest("li");
  if (!line) throw new Error(`row ${id} is not drawn`);
  return within(line);
};

describe("the incident list", () => {
  it("asks the server for what the address says", async () => {
    const asked = listen();
    renderApp("/incidents?service=a%2Fb&severity=High&severity=Critical&status=OPEN&q=slow&sort=-opened_at");
    await screen.findByText("1 incident that fit", { exact: false });
    const last = asked.at(-1);
    expect(last?.getAll("service")).toEqual(["a/b"]);
    expect(last?.getAll("severity")).toEqual(["Critical", "High"]);
    expect(last?.get("q")).toBe("slow");
    expect(last?.get("sort")).toBe("-opened_at");
    expect(last?.get("offset")).toBe("0");
    expect(screen.getByLabelText("Service")).toHaveValue("a/b");
    expect(screen.getByRole("button", { name: "Open 1" })).toHaveAttribute("aria-pressed", "true");
  });

  it("puts filters into the address", async () => {
    const asked = listen();
    const { user, address } = renderApp("/incidents");
    await screen.findByText("1 incident");
    await user.click(screen.getByRole("button", { name: "Critical 1" }));
    await user.click(await screen.findByRole("button", { name: "Open 1" }));
    await user.selectOptions(screen.getByLabelText("Sort"), "service");
    await user.selectOptions(screen.getByLabelText("Fired"), "6h");
    await user.type(screen.getByLabelText("Text"), "pool");
    await waitFor(() =>
      expect(address()).toBe("/incidents?severity=Critical&status=OPEN&sort=service&last=6h&q=pool"),
    );
    await waitFor(() => expect(asked.at(-1)?.get("q")).toBe("pool"));
    expect(asked.at(-1)?.get("start")).toMatch(/^\d{4}-/);
    expect(screen.getByRole("button", { name: "Critical 1" })).toHaveAttribute("aria-pressed", "true");
  });

  it("says what of a link it leaves out, and asks for the rest", async () => {
    const asked = listen();
    renderApp("/incidents?status=FOO&status=OPEN&last=9q&from=bad&sort=size");
    expect(await screen.findByText(/^Left out/)).toHaveTextContent(
      "status=FOO, last=9q, from=bad, sort=size",
    );
    await screen.findByText("1 incident that fit", { exact: false });
    expect(asked.at(-1)?.getAll("status")).toEqual(["OPEN"]);
    expect(asked.at(-1)?.has("start")).toBe(false);
    expect(screen.getByLabelText("Fired")).toHaveValue("");
  });

  it("is shown whole for a link whose only time is none", async () => {
    renderApp("/incidents?from=bad");
    expect(await screen.findByText("from=bad")).toBeVisible();
    expect(await screen.findByText("1 incident")).toBeVisible();
  });

  it("carries its filters to an incident", async () => {
    listen();
    renderApp("/incidents?status=OPEN&last=1d");
    expect(await screen.findByRole("link", { name: incidentOf(7).title })).toHaveAttribute(
      "href",
      "/incidents/7?status=OPEN&last=1d",
    );
  });

  it("tells an empty list from one that nothing fits", async () => {
    listen([]);
    const { user } = renderApp("/incidents?q=nothing&status=OPEN");
    expect(await screen.findByText("No incident fits these filters")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show all incidents" }));
    expect(await screen.findByText("No incident has been opened yet")).toBeVisible();
    expect(screen.getByText(/Checked at \d\d:\d\d:\d\d, watching 1 service/)).toBeVisible();
  });

  it("has a loading state", async () => {
    server.use(hang("/incidents"));
    renderApp("/incidents");
    expect(await screen.findByRole("status", { name: "Loading incidents" })).toBeVisible();
  });

  it("gives the cause of an error", async () => {
    server.use(refuse("get", "/incidents", 422, "cursor: not one of ours"));
    renderApp("/incidents");
    expect(await screen.findByText("cursor: not one of ours")).toBeVisible();
  });
});

describe("acting on the list", () => {
  it("by keys: move, resolve, undo", async () => {
    const sent = actable(3);
    const { user } = renderApp("/incidents");
    await screen.findByRole("link", { name: "Trouble 3" });
    await user.keyboard("jj");
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 2" })).toHaveFocus());
    await user.keyboard("r");
    await waitFor(() => expect(row(2).getByText("Resolved")).toBeVisible());
    expect(await screen.findByText("Incident #2 is resolved.")).toBeVisible();
    await user.keyboard("u");
    await waitFor(() => expect(row(2).getByText("Open")).toBeVisible());
    expect(sent).toMatchObject([
      { action: "resolve", ids: [2] },
      { action: "undo", ids: [2] },
    ]);
  });

  it("on a range chosen with shift, all in one call, and names those that refuse", async () => {
    const sent = actable(5, [3]);
    const { user } = renderApp("/incidents");
    await user.click(await screen.findByRole("checkbox", { name: "Choose incident #4" }));
    await user.keyboard("{Shift>}");
    await user.click(screen.getByRole("checkbox", { name: "Choose incident #2" }));
    await user.keyboard("{/Shift}");
    expect(await screen.findByText("3 chosen")).toBeVisible();
    const bar = within(screen.getByRole("region", { name: "With the chosen incidents" }));
    await user.selectOptions(bar.getByLabelText("Reason"), "noise");
    await user.click(bar.getByRole("button", { name: "Resolve" }));
    const refusals = within(await screen.findByRole("alert", { name: "Not done" }));
    expect(refusals.getByText("1 incident stayed as before")).toBeVisible();
    expect(refusals.getByText("Incident #3 is resolved, so it cannot be resolved.")).toBeVisible();
    expect(screen.getByText("2 incidents are resolved.")).toBeVisible();
    expect(sent).toMatchObject([{ action: "resolve", reason: "noise", ids: [4, 3, 2] }]);
    expect(screen.queryByText("3 chosen")).toBeNull();
  });

  it("shows a resolution at once, and takes it back when the server fails", async () => {
    actable(2);
    let fail: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => {
      fail = resolve;
    });
    server.use(
      http.post(urlOf("/incidents/bulk"), async () => {
        await failed;
        return HttpResponse.json({ detail: "the disk is full. Nothing was changed" }, { status: 503 });
      }),
    );
    const { user } = renderApp("/incidents");
    await screen.findByRole("link", { name: "Trouble 2" });
    await user.keyboard("ja");
    expect(await row(2).findByText("Acknowledged")).toBeVisible();
    fail();
    expect(await screen.findByText("the disk is full. Nothing was changed")).toBeVisible();
    expect(row(2).getByText("Open")).toBeVisible();
  });

  it("keeps what is chosen when the act fails, and lets it go when it is done", async () => {
    actable(3);
    server.use(refuse("post", "/incidents/bulk", 503, "the database is locked. Nothing was changed"));
    const { user } = renderApp("/incidents");
    await user.click(await screen.findByRole("checkbox", { name: "Choose incident #3" }));
    await user.click(screen.getByRole("checkbox", { name: "Choose incident #1" }));
    await user.keyboard("r");
    expect(await screen.findByText("the database is locked. Nothing was changed")).toBeVisible();
    expect(screen.getByText("2 chosen")).toBeVisible();
    actable(3);
    await user.keyboard("r");
    expect(await screen.findByText("2 incidents are resolved.")).toBeVisible();
    await waitFor(() => expect(screen.queryByText("2 chosen")).toBeNull());
  });

  it("by the bar and the keyboard keeps the focus on the row at hand", async () => {
    actable(3);
    const { user } = renderApp("/incidents");
    await screen.findByRole("link", { name: "Trouble 3" });
    await user.keyboard("jjx");
    const bar = within(await screen.findByRole("region", { name: "With the chosen incidents" }));
    bar.getByRole("button", { name: "Resolve" }).focus();
    await user.keyboard("{Enter}");
    await screen.findByText("Incident #2 is resolved.");
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 2" })).toHaveFocus());
  });

  it("keeps the focus in the list when the row at hand no longer fits", async () => {
    actable(3);
    const { user } = renderApp("/incidents?status=OPEN");
    await screen.findByRole("link", { name: "Trouble 3" });
    await user.keyboard("jj");
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 2" })).toHaveFocus());
    listen([3, 1].map((id) => incidentOf(id, { title: `Trouble ${id}` })));
    await user.keyboard("r");
    await waitFor(() => expect(screen.queryByRole("link", { name: "Trouble 2" })).toBeNull());
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 1" })).toHaveFocus());
  });

  it("by keys stays at the incident when another opens above it, and at its place when it goes", async () => {
    const sent = actable(3);
    const { user } = renderApp("/incidents?status=OPEN");
    await screen.findByRole("link", { name: "Trouble 3" });
    await user.keyboard("jj");
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 2" })).toHaveFocus());
    const listIs = (...ids: number[]) => {
      listen(ids.map((id) => incidentOf(id, { title: `Trouble ${id}` })));
      act(() => FakeEventSource.newest.say("incident"));
    };
    listIs(4, 3, 2, 1);
    await screen.findByRole("link", { name: "Trouble 4" });
    expect(screen.getByRole("link", { name: "Trouble 2" })).toHaveFocus();
    await user.keyboard("a");
    expect(await screen.findByText("Incident #2 is acknowledged.")).toBeVisible();
    expect(sent).toMatchObject([{ action: "acknowledge", ids: [2] }]);
    listIs(4, 3, 1);
    await waitFor(() => expect(screen.getByRole("link", { name: "Trouble 1" })).toHaveFocus());
    await user.keyboard("r");
    expect(await screen.findByText("Incident #1 is resolved.")).toBeVisible();
  });

  it("lets go of those that were sent only, not of what was chosen meanwhile", async () => {
    const answerNow = slowActs();
    const { user } = renderApp("/incidents");
    const choose = async (id: number) =>
      user.click(await screen.findByRole("checkbox", { name: `Choose incident #${id}` }));
    await choose(3);
    await user.keyboard("a");
    await choose(2);
    expect(screen.getByText("2 chosen")).toBeVisible();
    answerNow();
    expect(await screen.findByText("1 chosen")).toBeVisible();
    expect(screen.getByRole("checkbox", { name: "Choose incident #2" })).toBeChecked();
  });

  it("leaves alone what was chosen under other filters, or while the row at hand was acted on", async () => {
    const first = slowActs();
    const { user, client } = renderApp("/incidents");
    const isAnswered = () => waitFor(() => expect(client.isMutating()).toBe(0));
    const box = (id: number) => screen.findByRole("checkbox", { name: `Choose incident #${id}` });
    await box(3);
    await user.keyboard("ja");
    await user.click(await box(3));
    first();
    await isAnswered();
    expect(screen.getByText("1 chosen")).toBeVisible();
    const second = slowActs();
    await user.keyboard("r");
    await user.click(screen.getByRole("button", { name: /^Open/ }));
    await waitFor(() => expect(screen.queryByText("1 chosen")).toBeNull());
    await user.click(await box(3));
    second();
    await isAnswered();
    expect(screen.getByText("1 chosen")).toBeVisible();
  });

  it("tells of what was refused after the list was left", async () => {
    actable(2);
    const { user } = renderApp("/incidents");
    await screen.findByRole("link", { name: "Trouble 2" });
    await user.keyboard("ja");
    await screen.findByText("Incident #2 is acknowledged.");
    await user.click(screen.getByRole("link", { name: "Models" }));
    await screen.findByRole("heading", { level: 1, name: "Models" });
    const detail = "Incident #2 was acknowledged 6 min ago; undo is for the first 5 min.";
    server.use(answer("post", "/incidents/bulk", { changed: [], refused: [{ id: 2, detail }] }));
    await user.keyboard("u");
    expect(await screen.findByText(detail)).toBeVisible();
  });

  it("chooses all that fit, and none with Escape", async () => {
    actable(4);
    const { user } = renderApp("/incidents");
    await screen.findByRole("link", { name: "Trouble 4" });
    await user.keyboard("jx");
    await user.click(await screen.findByRole("button", { name: "Choose all 4" }));
    expect(await screen.findByText("4 chosen")).toBeVisible();
    await user.keyboard("{Escape}");
    expect(screen.queryByText("4 chosen")).toBeNull();
  });
});

describe("the list as CSV", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("holds nothing that a spreadsheet executes", async () => {
    listen([incidentOf(7, { service: '=HYPERLINK("http://evil")', title: "a,b" })]);
    const files = catchDownloads();
    const { user } = renderApp("/incidents");
    await screen.findByText("1 incident");
    await user.click(screen.getByRole("button", { name: "CSV" }));
    await waitFor(() => expect(files).toHaveLength(1));
    const text = await files[0]?.blob.text();
    expect(text).toContain('7,OPEN,Critical,"\'=HYPERLINK(""http://evil"")",lat,"a,b"');
  });

  it("holds the chosen ones, those too that no longer fit the filters, and names those that are gone", async () => {
    actable(3);
    const files = catchDownloads();
    const { user } = renderApp("/incidents?status=OPEN");
    await screen.findByRole("link", { name: "Trouble 3" });
    await user.keyboard("jxjxjx");
    await screen.findByText("3 chosen");
    const asked = listen([]);
    server.use(
      http.get(urlOf("/incidents/{incident_id}"), ({ params }) => {
        const id = Number(params.incident_id);
        if (id === 1) return HttpResponse.json({ detail: "There is no incident #1." }, { status: 404 });
        return HttpResponse.json(incidentDetailOf(id, { status: "RESOLVED" }));
      }),
    );
    await user.click(screen.getByRole("button", { name: "CSV of the chosen" }));
    await waitFor(() => expect(files).toHaveLength(1));
    const rows = ((await files[0]?.blob.text()) ?? "").trim().split("\r\n").slice(1);
    expect(rows.map((each) => each.slice(0, 10))).toEqual(["3,RESOLVED", "2,RESOLVED"]);
    expect(await screen.findByText(/no longer there: 1 incident \(#1\)/)).toBeVisible();
    expect(asked).toEqual([]);
  });
});
