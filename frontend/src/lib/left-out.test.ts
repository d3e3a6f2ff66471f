import { expect, it } from "vitest";
import { leftOut, oneOf } from "./left-out";

const told = (text: string) =>
  leftOut(new URLSearchParams(text), { status: oneOf(["OPEN"]), last: () => false });

it("names each value that is refused once, and no parameter of others", () => {
  expect(told("status=OPEN&status=FOO&status=FOO&last=9q&utm=x&constructor=y&last=")).toEqual([
    "status=FOO",
    "last=9q",
  ]);
});

it("shows a long value in short, and one that would turn the line as what it is", () => {
  expect(told(`status=${"x".repeat(300)}`)).toEqual([`status=${"x".repeat(60)}…`]);
  expect(told("status=%E2%80%AEevil")).toEqual(["status=<U+202E>evil"]);
});
