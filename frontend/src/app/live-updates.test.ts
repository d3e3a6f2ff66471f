import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gatherEvents } from "./live-updates";

it("asks with new readings for what happened to the services too", () => {
  const asked = vi.fn();
  const { add, stop } = gatherEvents((key) => asked(key[0]));
  add("readings");
  stop();
  expect(asked).toHaveBeenCalledWith("annotations");
});

describe("a flood of events", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is answered at once and then in steps, the last one too", () => {
    const asked = vi.fn();
    const { add, stop } = gatherEvents((key) => asked(key[0]));
    add("source");
    expect(asked.mock.calls.flat()).toEqual(["ready", "overview"]);
    for (let event = 0; event < 1_000; event++) add("source");
    expect(asked).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(asked).toHaveBeenCalledTimes(4);
    add("source");
    expect(asked).toHaveBeenCalledTimes(6);
    stop();
  });
});
