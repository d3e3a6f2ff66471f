/** One event stream for all tabs of this browser: one tab holds it and tells the others; alone, a tab has its own. */
import {
  openStream,
  SILENCE_MS,
  type StreamEvent,
  type StreamListener,
  type StreamState,
} from "./live-stream";

/** A browser opens six connections to a server that speaks HTTP/1.1: a stream for each tab would use them up. */
const NAME = "canopy stream";
/** The leader itself notes silence sooner and says so; who does not even say that is not there. */
const LEADER_SILENCE_MS = SILENCE_MS + 500;

type Message = { hello: true } | { state: StreamState } | { event: StreamEvent };

/** What of BroadcastChannel is used. */
export interface Channel {
  onmessage: ((message: { data: Message }) => void) | null;
  postMessage(message: Message): void;
  close(): void;
}

/** What of LockManager is used: `held` is called once the lock is free, and keeps it until its promise ends. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>;
}

/** As `openStream`. Where the browser has no locks (they need https or localhost) each tab opens its own. */
export function openSharedStream(url: string, listener: StreamListener): () => void {
  const locks = globalThis.navigator?.locks as Locks | undefined;
  if (!locks || typeof BroadcastChannel === "undefined") return openStream(url, listener);
  return joinStream(url, listener, new BroadcastChannel(NAME) as Channel, locks);
}

/** Follows the tab that holds the lock, and takes its place when it goes. The answer leaves for good. */
export function joinStream(
  url: string,
  listener: StreamListener,
  channel: Channel,
  locks: Locks,
): () => void {
  const leave = new AbortController();
  let state: StreamState = "connecting";
  let leading = false;
  let closeOwn: (() => void) | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let release = () => {};

  function note(next: StreamState): void {
    state = next;
    listener.onState(next);
    if (leading) channel.postMessage({ state: next });
  }

  function lead(): void {
    leading = true;
    clearTimeout(silence);
    closeOwn?.();
    closeOwn = openStream(url, {
      onState: note,
      onEvent: (event) => {
        channel.postMessage({ event });
        listener.onEvent(event);
      },
    });
  }

  /** The leader is silent: until it speaks again this tab listens for itself. */
  function listenAlone(): void {
    note("lost");
    closeOwn = openStream(url, {
      onEvent: listener.onEvent,
      onState: (next) => next !== "connecting" && note(next),
    });
  }

  function expectLeader(): void {
    clearTimeout(silence);
    // One that has said that it lost the stream takes its time to open another.
    silence = setTimeout(listenAlone, LEADER_SILENCE_MS * (state === "lost" ? 2 : 1));
  }

  function hear(message: Message): void {
    if ("hello" in message) {
      if (leading) channel.postMessage({ state });
      return;
    }
    closeOwn?.();
    closeOwn = undefined;
    if ("state" in message) note(message.state);
    else listener.onEvent(message.event);
    expectLeader();
  }

  channel.onmessage = ({ data }) => hear(data);
  note("connecting");
  expectLeader();
  locks
    .request(NAME, { signal: leave.signal }, () => {
      lead();
      return new Promise((done) => {
        release = done;
      });
    })
    // Left before it was this tab's turn; or no lock is to be had here, and the silence says so.
    .catch(() => undefined);
  channel.postMessage({ hello: true });

  return () => {
    leave.abort();
    release();
    clearTimeout(silence);
    closeOwn?.();
    channel.close();
  };
}
