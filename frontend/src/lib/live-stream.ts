/** The server's event stream with a watchdog: a silent stream is a lost one, and is opened anew. */

export const STREAM_EVENTS = [
  "readings",
  "incident",
  "retrain",
  "source",
  "backtest",
  "sensitivity",
] as const;
export type StreamEvent = (typeof STREAM_EVENTS)[number];
export type StreamState = "connecting" | "live" | "lost";

/** The server sends `ping` every 2 s; two missed ones mean that nobody is there. */
export const SILENCE_MS = 4_000;
const REOPEN_MS = 2_000;

export interface StreamListener {
  onEvent(event: StreamEvent): void;
  onState(state: StreamState): void;
}

/** Open the stream at `url` and keep it open; the answer closes it for good. */
export function openStream(url: string, listener: StreamListener): () => void {
  let source: EventSource | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let reopen: ReturnType<typeof setTimeout> | undefined;

  function lose(): void {
    clearTimeout(silence);
    clearTimeout(reopen);
    source?.close();
    listener.onState("lost");
    reopen = setTimeout(open, REOPEN_MS);
  }

  function heard(): void {
    clearTimeout(silence);
    silence = setTimeout(lose, SILENCE_MS);
    listener.onState("live");
  }

  function open(): void {
    source = new EventSource(url);
    silence = setTimeout(lose, SILENCE_MS);
    source.onopen = heard;
    source.onerror = lose;
    source.addEventListener("ping", heard);
    for (const event of STREAM_EVENTS) {
      source.addEventListener(event, () => {
        heard();
        listener.onEvent(event);
      });
    }
  }

  listener.onState("connecting");
  open();
  return () => {
    clearTimeout(silence);
    clearTimeout(reopen);
    source?.close();
  };
}
