import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeEventSource } from "@/testing/fakes";
import { SILENCE_MS, type StreamEvent, type StreamState } from "./live-stream";
import { type Channel, joinStream, type Locks, openSharedStream } from "./shared-stream";

/** Tabs of one browser: what one says the others hear, and one lock that passes on in the order asked. */
class Browser {
  readonly channels = new Set<Channel>();
  private readonly waiting: (() => Promise<void>)[] = [];
  private held = false;

  channel(): Channel {
    const { channels } = this;
    const own: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const each of [...channels]) if (each !== own) each.onmessage?.({ data });
      },
      close: () => void channels.delete(own),
    };
    channels.add(own);
    return own;
  }

  readonly locks: Locks = {
    request: async (_, { signal }, held) => {
      this.waiting.push(async () => (signal.aborted ? undefined : held()));
      await this.next();
    },
  };

  private async next(): Promise<void> {
    if (this.held) return;
    const first = this.waiting.shift();
    if (!first) return;
    this.held = true;
    await first();
    this.held = false;
    await this.next();
  }
}

class Tab {
  readonly states: StreamState[] = [];
  readonly events: StreamEvent[] = [];
  readonly channel: Channel;
  readonly close: () => void;

  constructor(browser: Browser) {
    this.channel = browser.channel();
    const listener = {
      onState: (state: StreamState) => void this.states.push(state),
      onEvent: (event: StreamEvent) => void this.events.push(event),
    };
    this.close = joinStream("/stream", listener, this.channel, browser.locks);
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const open = () => FakeEventSource.opened.filter((each) => !each.closed);

describe("the stream that tabs share", () => {
  let browser: Browser;
  let tabs: Tab[];

  beforeEach(async () => {
    vi.useFakeTimers();
    browser = new Browser();
    tabs = [new Tab(browser), new Tab(browser), new Tab(browser)];
    await settle();
  });
  afterEach(() => {
    for (const tab of tabs) tab.close();
    vi.useRealTimers();
  });

  it("is one, and all hear it", () => {
    FakeEventSource.newest.say("incident");
    expect(FakeEventSource.opened).toHaveLength(1);
    for (const { states, events } of tabs) {
      expect(events).toEqual(["incident"]);
      expect(states.at(-1)).toBe("live");
    }
  });

  it("is known to a new tab at once", async () => {
    FakeEventSource.newest.say("ping");
    const late = new Tab(browser);
    tabs.push(late);
    expect(late.states.at(-1)).toBe("live");
  });

  it("passes on to the next tab when its own is closed", async () => {
    FakeEventSource.newest.say("ping");
    tabs[0]?.close();
    await settle();
    expect(open()).toHaveLength(1);
    FakeEventSource.newest.say("readings");
    expect(tabs.map(({ events }) => events.length)).toEqual([0, 1, 1]);
    expect(tabs[1]?.states).toContain("live");
  });

  it("is lost for all at once, and live again for all", () => {
    FakeEventSource.newest.onerror?.();
    expect(tabs.map(({ states }) => states.at(-1))).toEqual(["lost", "lost", "lost"]);
    vi.advanceTimersByTime(2_000);
    FakeEventSource.newest.say("ping");
    expect(tabs.map(({ states }) => states.at(-1))).toEqual(["live", "live", "live"]);
    expect(open()).toHaveLength(1);
  });

  it("is opened by each for itself when the tab that holds it falls silent, and given up when it speaks", () => {
    const held = FakeEventSource.newest;
    held.say("ping");
    const leader = tabs[0]?.channel;
    if (leader) browser.channels.delete(leader);
    const speak = leader?.postMessage;
    if (leader) leader.postMessage = () => undefined;
    for (let ping = 0; ping < 3; ping++) {
      vi.advanceTimersByTime(SILENCE_MS / 2);
      held.say("ping");
    }
    expect(open()).toHaveLength(3);
    FakeEventSource.newest.say("readings");
    expect(tabs[2]?.events).toEqual(["readings"]);
    if (leader && speak) leader.postMessage = speak;
    held.say("ping");
    expect(open()).toEqual([held]);
    expect(tabs.map(({ states }) => states.at(-1))).toEqual(["live", "live", "live"]);
  });
});

it("is a tab's own where the browser has no locks", () => {
  vi.stubGlobal("navigator", {});
  const states: StreamState[] = [];
  const close = openSharedStream("/stream", {
    onState: (state) => void states.push(state),
    onEvent: () => undefined,
  });
  FakeEventSource.newest.say("ping");
  expect(states).toEqual(["connecting", "live"]);
  close();
  vi.unstubAllGlobals();
});
