import { describe, expect, it } from "vitest";
import { parseSpan, readRange, spanText } from "./time-range";

const HOUR = 3_600_000;
const read = (text: string) => readRange(new URLSearchParams(text), HOUR);

describe("a time range in an address", () => {
  it("is the last so long", () => {
    expect(read("last=6h")).toEqual({ kind: "last", milliseconds: 6 * HOUR });
  });

  it("is from one moment to another, whichever zone they are written in", () => {
    expect(read("from=2026-11-21T15:00:00%2B01:00&to=2026-11-21T15:00:00Z")).toEqual({
      kind: "between",
      start: "2026-11-21T14:00:00.000Z",
      end: "2026-11-21T15:00:00.000Z",
    });
  });

  it.each(["", "last=never", "last=0h", "last=-3h", "from=x&to=y", "from=2026-11-22&to=2026-11-21"])(
    "falls back where %j says nothing",
    (text) => expect(read(text)).toEqual({ kind: "last", milliseconds: HOUR }),
  );

  it("is written as it is read", () => {
    for (const span of ["15m", "1h", "6h", "2d", "1w"]) expect(spanText(parseSpan(span) ?? 0)).toBe(span);
  });
});
