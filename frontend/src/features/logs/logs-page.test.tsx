import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { noteServerDate } from "@/lib/clock";
import { at, lineOf } from "@/testing/factories";
import { linesOf, logsOf, rowOf, templateOf, templatesOf } from "@/testing/range-factories";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server, unreachable, urlOf } from "@/testing/server";

const SERVICE = "/logs?service=payment-service";

describe("the lines of a range", () => {
  it("are asked for as the address says, newest first", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/logs/lines", (request) => {
        asked = new URL(request.url).searchParams;
        return linesOf([rowOf(1), rowOf(2)]);
      }),
    );
    const { user, address } = renderApp(`${SERVICE}&q=pay&last=6h`);
    const list = within(await screen.findByRole("list", { name: "Log lines" }));
    expect(list.getAllByRole("button").map((row) => row.textContent)).toEqual([
      expect.stringContaining("payment 2 accepted"),
      expect.stringContaining("payment 1 accepted"),
    ]);
    expect([asked.get("service"), asked.get("q")]).toEqual(["payment-service", "pay"]);
    expect(Date.parse(asked.get("end") ?? "") - Date.parse(asked.get("start") ?? "")).toBe(6 * 3_600_000);
    await user.click(screen.getByRole("button", { name: /ERROR/ }));
    await waitFor(() => expect(asked.getAll("level")).toEqual(["ERROR"]));
    expect(address()).toContain("level=ERROR");
  });

  it("are of what the address says rightly; what it says wrongly is named", async () => {
    renderApp(`${SERVICE}&event_ts=2026-13-45&level=LOUD&from=2026-11-22&to=2026-11-21&view=all&q=pay`);
    expect(await screen.findByText(/^Left out/)).toHaveTextContent(
      "event_ts=2026-13-45, level=LOUD, from=2026-11-22, to=2026-11-21, view=all",
    );
    expect(await screen.findByRole("list", { name: "Log lines" })).toBeVisible();
  });

  it("come page by page", async () => {
    const cursors: (string | null)[] = [];
    server.use(
      answer("get", "/logs/lines", (request) => {
        const cursor = new URL(request.url).searchParams.get("cursor");
        cursors.push(cursor);
        return cursor ? linesOf([rowOf(1)], { total: 2 }) : linesOf([rowOf(2)], { total: 2, older: "c1" });
      }),
    );
    renderApp(SERVICE);
    expect(await screen.findByText("payment 1 accepted", { exact: false })).toBeVisible();
    expect(cursors).toEqual([null, "c1"]);
    expect(screen.getByText(/2 lines, newest first; 2 loaded/)).toBeVisible();
  });

  it("are of all services where none is chosen, and say whose they are", async () => {
    renderApp("/logs");
    const [row] = within(await screen.findByRole("list", { name: "Log lines" })).getAllByRole("button");
    expect(row).toHaveTextContent("payment-service");
    expect(screen.getByRole("option", { name: "All services" })).toBeInTheDocument();
  });

  it("show markup and control characters as text", async () => {
    const message = '<img src=x onerror="alert(1)"> ␀␛[31m \u202eevil';
    server.use(answer("get", "/logs/lines", linesOf([rowOf(1, { message })])));
    renderApp(SERVICE);
    expect(await screen.findByText(/<img src=x onerror=/)).toBeVisible();
    expect(document.querySelector("main img")).toBeNull();
  });

  it("are gone through by keys, opened, and shown among those around", async () => {
    const rows = [rowOf(1), rowOf(2, { stack_trace: "a.B: x\n\tat c.D" }), rowOf(3)];
    server.use(
      answer("get", "/logs/lines", linesOf(rows)),
      answer("get", "/logs/lines/{line_id}", { line: rowOf(2), lines: [rowOf(1), rowOf(2), rowOf(3)] }),
    );
    const { user } = renderApp(SERVICE);
    const list = within(await screen.findByRole("list", { name: "Log lines" }));
    list.getAllByRole("button")[0]?.focus();
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement).toHaveTextContent("payment 2 accepted"));
    await user.keyboard("{Enter}");
    expect(await screen.findByText(/at c\.D/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show the lines around it" }));
    const around = within(await screen.findByRole("region", { name: "The lines around it" }));
    expect(around.getAllByRole("listitem")).toHaveLength(3);
    expect(around.getByText("payment 2 accepted").closest("li")).toHaveAttribute("aria-current", "true");
  });

  it("fetch the rest of a line that is too long for a list", async () => {
    const long = "x".repeat(5_000);
    server.use(
      answer("get", "/logs/lines", linesOf([rowOf(1, { message: "xxxx", cut: true })])),
      answer("get", "/logs/lines/{line_id}", { line: rowOf(1, { message: long }), lines: [] }),
    );
    const { user } = renderApp(SERVICE);
    await user.click(await screen.findByRole("button", { name: /xxxx/ }));
    expect(await screen.findByText("5,000 characters")).toBeVisible();
  });

  it("leave behind what was checked when none fits, and the way out of the filters", async () => {
    server.use(
      answer("get", "/logs/lines", linesOf([])),
      answer("get", "/logs/sources", {
        services: [],
        sources: [{ path: "logs/x.log", state: "missing", detail: "", lines: 0 }],
      }),
    );
    const { user, address } = renderApp(`${SERVICE}&level=FATAL`);
    expect(await screen.findByText("No line fits")).toBeVisible();
    expect(await screen.findAllByText("logs/x.log is missing")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Clear level, text and template" }));
    expect(address()).toBe(SERVICE);
  });

  it("give the cause of an error, and are tried again", async () => {
    server.use(refuse("get", "/logs/lines", 503, "the log database is locked"));
    const { user } = renderApp(SERVICE);
    expect(await screen.findByText("the log database is locked")).toBeVisible();
    server.resetHandlers();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("list", { name: "Log lines" })).toBeVisible();
  });

  it("stay, dated, when the server is lost", async () => {
    const { user } = renderApp(SERVICE);
    await screen.findByRole("list", { name: "Log lines" });
    server.use(unreachable("/logs/lines"));
    await user.click(screen.getByRole("button", { name: "Refresh" }));
    expect(await screen.findByText("Stale.")).toBeVisible();
    expect(screen.getByRole("list", { name: "Log lines" })).toBeVisible();
  });

  it("stand in their own size while they load", async () => {
    server.use(hang("/logs/lines"));
    renderApp(SERVICE);
    expect(await screen.findByRole("status", { name: "Loading the logs" })).toBeVisible();
  });
});

describe("templates", () => {
  it("say what is new, and lead to their lines", async () => {
    const usual = templateOf({ level: "INFO", template: "order <*> paid", news: 0, new: false, cause: "" });
    server.use(answer("get", "/logs/templates", templatesOf([templateOf(), usual])));
    const { user, address } = renderApp(`${SERVICE}&view=templates`);
    const [first, second] = await screen.findAllByRole("listitem");
    expect(first).toHaveTextContent("NewpaymentX".replace("X", "-service"));
    expect(second).toHaveTextContent("as usual");
    await user.click(screen.getByRole("button", { name: "order <*> paid" }));
    await screen.findByRole("list", { name: "Log lines" });
    expect(new URLSearchParams(address().split("?")[1]).get("template")).toBe("order <*> paid");
    await user.click(screen.getByRole("button", { name: "Any line" }));
    expect(address()).toBe(SERVICE);
  });

  it("come in pages", async () => {
    server.use(
      answer("get", "/logs/templates", (request) => {
        const offset = Number(new URL(request.url).searchParams.get("offset"));
        return templatesOf([templateOf({ template: `said ${offset}` })], { total: 2 });
      }),
    );
    const { user } = renderApp(`${SERVICE}&view=templates`);
    await user.click(await screen.findByRole("button", { name: "Show more: 1 of 2 are shown" }));
    expect(await screen.findByRole("button", { name: "said 1" })).toBeVisible();
  });
});

describe("the live tail", () => {
  it("shows what comes in, counts what came too fast, and pauses", async () => {
    let asked = 0;
    server.use(
      answer("get", "/logs/tail", (request) => {
        asked += 1;
        const after = new URL(request.url).searchParams.get("after");
        if (after === null) return { cursor: 1, dropped: 0, lines: [] };
        const next = Number(after) + 1;
        return { cursor: next, dropped: 9_500, lines: [rowOf(next, { message: `came in as ${next}` })] };
      }),
    );
    const { user } = renderApp(`${SERVICE}&view=live`);
    expect(await screen.findByText(/came in as 2/)).toBeVisible();
    expect(screen.getByText(/9,500 more came too fast/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Pause" }));
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(asked).toBe(before);
    await user.click(screen.getByRole("button", { name: "Go on" }));
    await waitFor(() => expect(asked).toBeGreaterThan(before));
  });

  it("is dated by the server's clock, and offers no second try where it tries by itself", async () => {
    const ahead = Date.now() + 3 * 3_600_000;
    server.use(
      http.get(urlOf("/logs/tail"), () =>
        HttpResponse.json(
          { cursor: 1, dropped: 0, lines: [] },
          { headers: { date: new Date(ahead).toUTCString() } },
        ),
      ),
    );
    renderApp(`${SERVICE}&view=live`);
    expect(await screen.findByText(/^Asked each second, last \d s ago/)).toBeVisible();
    const hour = new Date(ahead).toTimeString().slice(0, 3);
    expect(screen.getByText(new RegExp(`asked last at ${hour}`))).toBeVisible();
    server.use(refuse("get", "/logs/tail", 503, "the log database is locked"));
    expect(await screen.findByText(/the log database is locked/, {}, { timeout: 3_000 })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    noteServerDate(new Date().toUTCString());
  });

  it("says when it cannot be read", async () => {
    server.use(refuse("get", "/logs/tail", 503, "the log database is locked"));
    renderApp(`${SERVICE}&view=live`);
    expect(await screen.findByText("the log database is locked")).toBeVisible();
  });
});

describe("lines around a moment", () => {
  const AROUND = `${SERVICE}&event_ts=2026-11-21T14%3A02%3A11Z&before=5m`;

  it("are asked for as the address says, and left by another view", async () => {
    const asked = vi.fn();
    server.use(
      answer("get", "/logs", (request) => {
        const query = new URL(request.url).searchParams;
        asked(query.get("event_ts"), query.get("before"));
        return logsOf({ lines: [lineOf(0, { explains: true, reason: "new message" })] });
      }),
    );
    const { user, address } = renderApp(AROUND);
    expect(await screen.findByText("explains: new message")).toBeVisible();
    expect(asked).toHaveBeenCalledWith("2026-11-21T14:02:11Z", "5m");
    await user.click(screen.getByRole("button", { name: "Lines" }));
    expect(address()).toBe(SERVICE);
  });

  it("want one service", async () => {
    renderApp("/logs?event_ts=2026-11-21T14%3A02%3A11Z");
    expect(await screen.findByText("Choose one service")).toBeVisible();
  });

  it("give the cause of an error", async () => {
    server.use(refuse("get", "/logs", 422, "before: not a duration"));
    renderApp(`${SERVICE}&event_ts=${at(0)}&before=soon`);
    expect(await screen.findByText("before: not a duration")).toBeVisible();
  });
});
