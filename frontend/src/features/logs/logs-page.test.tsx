import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Logs } from "@/lib/api/types";
import { fromTimeField, toTimeField } from "@/lib/time-field";
import { at, lineOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, refuse, server } from "@/testing/server";
import { describeSource, logsAsked } from "./view-model";

function logsOf(change: Partial<Logs> = {}): Logs {
  const lines = change.lines ?? [lineOf(0)];
  return {
    service: "payment-service",
    event_ts: at(0),
    start: at(-60),
    end: at(30),
    total: lines.length,
    truncated: false,
    lines,
    sources: [{ path: "logs/payment.log", state: "reading", detail: "", lines: 1_204 }],
    ...change,
  };
}

describe("what is asked", () => {
  it("has defaults, and leaves out a time that is none", () => {
    expect(logsAsked(new URLSearchParams("service=a&event_ts=yesterday&level=LOUD"))).toMatchObject({
      service: "a",
      eventTs: null,
      before: "1m",
      after: "30s",
      level: [],
    });
  });

  it("takes times to the field and back", () => {
    expect(toTimeField("2026-11-21T14:02:11.000Z", "utc")).toBe("2026-11-21T14:02:11");
    for (const zone of ["utc", "local"] as const) {
      expect(fromTimeField(toTimeField("2026-11-21T14:02:11.000Z", zone), zone)).toBe(
        "2026-11-21T14:02:11.000Z",
      );
    }
    expect(fromTimeField("", "utc")).toBe("");
  });

  it("has words for each source", () => {
    const source = { path: "a.log", detail: "permission denied", lines: 3 };
    expect(describeSource({ ...source, state: "reading" })).toBe("a.log: 3 lines read");
    expect(describeSource({ ...source, state: "failed" })).toBe("a.log cannot be read: permission denied");
  });
});

describe("the logs page", () => {
  it("asks for what the address says", async () => {
    let asked = new URLSearchParams();
    server.use(
      answer("get", "/logs", (request) => {
        asked = new URL(request.url).searchParams;
        return logsOf();
      }),
    );
    const { user, address } = renderApp(
      "/logs?service=payment-service&event_ts=2026-11-21T14%3A02%3A11Z&before=5m",
    );
    expect(await screen.findByText("payment accepted in 31 ms")).toBeVisible();
    expect(asked.get("event_ts")).toBe("2026-11-21T14:02:11Z");
    expect(asked.get("before")).toBe("5m");
    await user.click(screen.getByRole("button", { name: "ERROR" }));
    await waitFor(() => expect(asked.getAll("level")).toEqual(["ERROR"]));
    expect(address()).toContain("level=ERROR");
  });

  it("wants a service first", async () => {
    renderApp("/logs");
    expect(await screen.findByText("Choose a service")).toBeVisible();
  });

  it("says where it looked when no line fits, and which file is missing", async () => {
    const sources: Logs["sources"] = [{ path: "logs/x.log", state: "missing", detail: "", lines: 0 }];
    server.use(answer("get", "/logs", logsOf({ lines: [], sources })));
    renderApp("/logs?service=payment-service");
    expect(await screen.findByText("No line fits")).toBeVisible();
    expect(screen.getAllByText("logs/x.log is missing")[0]).toBeVisible();
  });

  it("gives the cause of an error", async () => {
    server.use(refuse("get", "/logs", 422, "before: not a duration"));
    renderApp("/logs?service=payment-service&before=soon");
    expect(await screen.findByText("before: not a duration")).toBeVisible();
  });
});
