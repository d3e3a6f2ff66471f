import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeEventSource } from "@/testing/fakes";
import { openStream, SILENCE_MS, type StreamEvent, type StreamState } from "./live-stream";

describe("the event stream", () => {
  let states: StreamState[];
  let events: StreamEvent[];
  let close: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    states = [];
    events = [];
    close = openStream("/stream", {
      onState: (state) => states.push(state),
      onEvent: (event) => events.push(event),
    });
  });
  afterEach(() => {
    close();
    vi.useRealTimers();
  });

  it("is live from its first sign of life and passes events on", () => {
    expect(states).toEqual(["connecting"]);
    FakeEventSource.newest.say("readings");
    expect(states.at(-1)).toBe("live");
    expect(events).toEqual(["readings"]);
  });

  it("stays live on pings alone, which are no events", () => {
    for (let ping = 0; ping < 10; ping++) {
      FakeEventSource.newest.say("ping");
      vi.advanceTimersByTime(2_000);
    }
    expect(states.at(-1)).toBe("live");
    expect(events).toEqual([]);
  });

  it("is lost after silence, within 5 s, and opened anew", () => {
    FakeEventSource.newest.say("ping");
    const silent = FakeEventSource.newest;
    vi.advanceTimersByTime(SILENCE_MS);
    expect(SILENCE_MS).toBeLessThanOrEqual(5_000);
    expect(states.at(-1)).toBe("lost");
    expect(silent.closed).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(FakeEventSource.newest).not.toBe(silent);
    FakeEventSource.newest.say("ping");
    expect(states.at(-1)).toBe("live");
  });

  it("is lost at once when the connection breaks", () => {
    FakeEventSource.newest.onerror?.();
    expect(states.at(-1)).toBe("lost");
  });

  it("opens nothing more once closed", () => {
    close();
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(FakeEventSource.newest.closed).toBe(true);
  });
});
