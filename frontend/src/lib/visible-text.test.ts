import { expect, it } from "vitest";
import { visibleText } from "./visible-text";

it("shows what would turn a line's direction, and leaves every script as it is", () => {
  expect(visibleText("paid \u202eevil\u202c \u2066x\u2069")).toBe(
    "paid <U+202E>evil<U+202C> <U+2066>x<U+2069>",
  );
  const plain = "שירות\u200f, 👩\u200d💻\nsecond line";
  expect(visibleText(plain)).toBe(plain);
});
