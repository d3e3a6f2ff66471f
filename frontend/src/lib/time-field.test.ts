import { expect, it } from "vitest";
import { fromTimeField, toTimeField } from "./time-field";

it("takes times to the field and back, in either zone", () => {
  expect(toTimeField("2026-11-21T14:02:11.000Z", "utc")).toBe("2026-11-21T14:02:11");
  for (const zone of ["utc", "local"] as const) {
    expect(fromTimeField(toTimeField("2026-11-21T14:02:11.000Z", zone), zone)).toBe(
      "2026-11-21T14:02:11.000Z",
    );
  }
  expect([toTimeField(null, "utc"), fromTimeField("", "utc")]).toEqual(["", ""]);
});
