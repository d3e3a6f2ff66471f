import { describe, expect, it } from "vitest";
import { filtersOf, isFiltered } from "./list-model";

describe("the filters of an address", () => {
  it("are read, several of a kind too", () => {
    const search = new URLSearchParams(
      "service=a&severity=High&severity=Critical&status=OPEN&q=slow&sort=-opened_at",
    );
    expect(filtersOf(search)).toMatchObject({
      service: ["a"],
      severity: ["Critical", "High"],
      status: ["OPEN"],
      q: "slow",
      sort: "-opened_at",
    });
  });

  it("leave out what is no filter", () => {
    const filters = filtersOf(new URLSearchParams("severity=Dreadful&status=&sort=colour"));
    expect(filters).not.toHaveProperty("severity");
    expect(filters).not.toHaveProperty("status");
    expect(filters.sort).toBe("urgency");
    expect(isFiltered(filters)).toBe(false);
    expect(isFiltered(filtersOf(new URLSearchParams("q=x")))).toBe(true);
  });
});
