import { describe, expect, it } from "vitest";
import { at, NOW } from "@/testing/factories";
import { freshness } from "./freshness";
import { bannerText } from "./source-banners";

describe("the age of the data", () => {
  it("is not known before the first poll", () => {
    expect(freshness({ timestamp: null, poll_interval: 5 }, NOW)).toBeNull();
    expect(freshness(undefined, NOW)).toBeNull();
  });

  it("is stale when three polls are missing, not sooner", () => {
    expect(freshness({ timestamp: at(-14), poll_interval: 5 }, NOW)).toEqual({ ageMs: 14_000, stale: false });
    expect(freshness({ timestamp: at(-18), poll_interval: 5 }, NOW)?.stale).toBe(true);
    expect(freshness({ timestamp: at(-40), poll_interval: 15 }, NOW)?.stale).toBe(false);
  });

  it("is never negative", () => {
    expect(freshness({ timestamp: at(3), poll_interval: 5 }, NOW)?.ageMs).toBe(0);
  });
});

describe("the banner of a source", () => {
  const since = "2026-11-21T14:02:00Z";

  it("says blind, since when and why", () => {
    const detail = "Prometheus at http://prom:9090 cannot be reached: connection refused";
    expect(bannerText("prometheus", { state: "down", detail, since }, "utc")).toBe(
      `Blind since 14:02 UTC: ${detail}`,
    );
  });

  it("has words for every source and for no detail", () => {
    expect(bannerText("prometheus", { state: "down", detail: "", since: null }, "utc")).toBe(
      "Blind: no reason was given",
    );
    expect(bannerText("queue", { state: "down", detail: "full", since: null }, "utc")).toBe(
      "queue is down: full",
    );
  });

  it.each(["ok", "starting"] as const)("is silent when the source is %s", (state) => {
    expect(bannerText("prometheus", { state, detail: "", since }, "utc")).toBeNull();
  });
});
