import { describe, expect, it } from "vitest";
import { incidentOf } from "@/testing/factories";
import { apiFilters, between, CSV_HEAD, csvRow, filtersOf, isFiltered, listSearch } from "./list-model";

describe("the filters of an address", () => {
  it("are read, several of a kind too", () => {
    const search = new URLSearchParams(
      "service=a&severity=High&severity=Critical&status=OPEN&q=slow&sort=-opened_at&last=6h",
    );
    expect(filtersOf(search)).toEqual({
      service: ["a"],
      severity: ["Critical", "High"],
      status: ["OPEN"],
      q: "slow",
      last: "6h",
      sort: "-opened_at",
    });
  });

  it("leave out what is no filter", () => {
    const filters = filtersOf(new URLSearchParams("severity=Dreadful&status=&sort=colour&last=soon&from=x"));
    expect(filters).toEqual({ sort: "urgency" });
    expect(isFiltered(filters)).toBe(false);
    expect(isFiltered(filtersOf(new URLSearchParams("q=x")))).toBe(true);
  });

  it("become the API's times only when asked for", () => {
    const from = "2026-11-21T10:00:00.000Z";
    expect(apiFilters(filtersOf(new URLSearchParams(`from=${from}`)))).toEqual({
      sort: "urgency",
      start: from,
    });
    const { start = "" } = apiFilters(filtersOf(new URLSearchParams("last=1h")));
    expect(Math.abs(Date.parse(start) - (Date.now() - 3_600_000))).toBeLessThan(10_000);
  });

  it("travel with an incident, and nothing else does", () => {
    expect(listSearch(new URLSearchParams("status=OPEN&at=2026&q=a%26b"))).toBe("?status=OPEN&q=a%26b");
    expect(listSearch(new URLSearchParams("at=2026"))).toBe("");
  });
});

it("a range goes in either direction, and needs both ends", () => {
  expect(between([9, 7, 5, 3], 5, 9)).toEqual([9, 7, 5]);
  expect(between([9, 7, 5, 3], 7, 7)).toEqual([7]);
  expect(between([9, 7], 5, 9)).toBeNull();
});

it("a CSV row has a cell for each column", () => {
  expect(csvRow(incidentOf(7))).toHaveLength(CSV_HEAD.length);
});
