import { matchPath } from "react-router";
import { describe, expect, it } from "vitest";
import { logsPath, servicePath } from "./paths";
import { withChange } from "./search-state";

describe("addresses", () => {
  it.each(["payment-service", "a/b", 'quo"te {x}', "новый сервис", "100%", "line\nbreak", "a?b#c"])(
    "bring back the service %j",
    (name) => {
      const { pathname } = new URL(servicePath(name), "http://canopy.test");
      const match = matchPath("/services/:name", pathname);
      expect(decodeURIComponent(match?.params.name ?? "")).toBe(name);
    },
  );

  it.each([".", ".."])("do not lose %j to the browser", (name) => {
    const url = new URL(servicePath(name), "http://canopy.test");
    expect(url.pathname).toBe("/services/_");
    expect(url.searchParams.get("name")).toBe(name);
  });

  it("carry service and time over to the logs", () => {
    const search = new URL(logsPath("a&b", "2026-11-21T14:02:11Z"), "http://canopy.test").searchParams;
    expect([search.get("service"), search.get("event_ts")]).toEqual(["a&b", "2026-11-21T14:02:11Z"]);
  });

  it("keep the other filters when one changes and drop empty ones", () => {
    const before = new URLSearchParams("q=slow&status=OPEN&status=RESOLVED");
    expect(withChange(before, { q: "", severity: ["High", "Critical"] }).toString()).toBe(
      "status=OPEN&status=RESOLVED&severity=High&severity=Critical",
    );
  });
});
