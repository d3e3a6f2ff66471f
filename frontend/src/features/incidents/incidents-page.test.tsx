import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { catchDownloads } from "@/testing/downloads";
import { incidentDetailOf, incidentOf } from "@/testing/factories";
import { actable, listen } from "@/testing/incident-list";
import { renderApp } from "@/testing/render";
import { hang, refuse, server, urlOf } from "@/testing/server";

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
