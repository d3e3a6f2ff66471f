import { describe, expect, it } from "vitest";
import { csvCell, fileName, toCsv } from "./download";

describe("a CSV", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])("shows %j to a spreadsheet as text", (text) => {
    expect(csvCell(text).replace(/^"/, "").startsWith("'")).toBe(true);
  });

  it("leaves numbers numbers, also negative ones, and says nothing of what is not there", () => {
    expect([csvCell(-3.5), csvCell(null), csvCell(undefined), csvCell(Number.NaN)]).toEqual([
      "-3.5",
      "",
      "",
      "",
    ]);
  });

  it("quotes what would else end a cell or a line", () => {
    expect(
      toCsv(
        ["name", "value"],
        [
          ['say "hi", now', 1],
          ["two\nlines", 2],
        ],
      ),
    ).toBe('name,value\r\n"say ""hi"", now",1\r\n"two\nlines",2\r\n');
  });
});

describe("a file's name", () => {
  it("keeps letters of any script and no path", () => {
    expect(fileName(["../etc/passwd", "שירות"], "csv")).toBe("etc-passwd_שירות.csv");
  });

  it("is never empty or endless", () => {
    expect(fileName(["///"], "png")).toBe("canopy.png");
    expect(fileName(["x".repeat(500)], "png").length).toBeLessThan(130);
  });
});
