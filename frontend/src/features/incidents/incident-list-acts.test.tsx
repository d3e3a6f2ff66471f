import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { incidentOf } from "@/testing/factories";
import { FakeEventSource } from "@/testing/fakes";
import { actable, listen, slowActs } from "@/testing/incident-list";
import { renderApp } from "@/testing/render";
import { answer, refuse, server, urlOf } from "@/testing/server";

const row = (id: number) => {
  const line = screen.getByRole("link", { name: `Trouble ${id}` }).closest("li");
  if (!line) throw new Error(`row ${id} is not drawn`);
  return within(line);
};

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

  it("lets go of those that were sent though the list is empty when the answer comes", async () => {
    const answerNow = slowActs();
    const { user, client } = renderApp("/incidents");
    await user.click(await screen.findByRole("checkbox", { name: "Choose incident #3" }));
    await user.keyboard("r");
    listen([]);
    act(() => FakeEventSource.newest.say("incident"));
    await waitFor(() => expect(screen.queryByRole("checkbox")).toBeNull());
    answerNow();
    await waitFor(() => expect(client.isMutating()).toBe(0));
    listen([incidentOf(3)]);
    act(() => FakeEventSource.newest.say("incident"));
    expect(await screen.findByRole("checkbox", { name: "Choose incident #3" })).not.toBeChecked();
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
