import { describe, expect, it } from "vitest";
import { windowFor } from "./rows-window";

describe("the rows that are asked for", () => {
  it("hold those in view with some to spare, and change only now and then", () => {
    expect(windowFor(0, 30)).toEqual({ offset: 0, limit: 100 });
    expect(windowFor(70, 110)).toEqual(windowFor(60, 100));
    const { offset, limit } = windowFor(4_321, 4_360);
    expect(offset).toBeLessThanOrEqual(4_321);
    expect(offset + limit).toBeGreaterThan(4_360);
  });

  it("are never more than the server gives", () => {
    expect(windowFor(0, 5_000).limit).toBe(500);
  });
});
