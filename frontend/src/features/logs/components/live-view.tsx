/** Lines as they come in, newest first; reading on pauses it, so that nothing moves under the eyes. */
import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";
import { EmptyState, ErrorState, Skeleton, StaleNotice } from "@/components/ui/states";
import { byServerClock, useNow } from "@/lib/clock";
import { formatClock, formatCount, formatDuration, plural } from "@/lib/format";
import { useShortcuts } from "@/lib/keys";
import { usePreferences } from "@/lib/preferences";
import { type TailState, useTail } from "../live-tail";
import type { LogsAsked } from "../view-model";
import { LogRows } from "./log-rows";

const SCROLLED_PX = 80;

export function LiveView({ asked }: { asked: LogsAsked }) {
  const { refresh } = usePreferences();
  const [paused, setPaused] = useState(refresh === "paused");
  const tail = useTail(asked, paused);
  useShortcuts("Logs", [
    { keys: "p", does: paused ? "Go on with the live tail" : "Pause the live tail", run: flip },
  ]);
  function flip(): void {
    setPaused((was) => {
      if (was) window.scrollTo({ top: 0 });
      return !was;
    });
  }
  useEffect(() => {
    const onScroll = () => {
      const rows = document.querySelector(".log-rows");
      if (rows && rows.getBoundingClientRect().top < -SCROLLED_PX) setPaused(true);
    };
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, []);
  return (
    <div className="section">
      <div className="row row-spread log-live-bar">
        <LiveWords tail={tail} paused={paused} />
        <button type="button" className="button" aria-pressed={paused} onClick={flip}>
          {paused ? <Play aria-hidden="true" size={15} /> : <Pause aria-hidden="true" size={15} />}
          {paused ? "Go on" : "Pause"}
        </button>
      </div>
      <LiveLines asked={asked} tail={tail} />
    </div>
  );
}

function LiveWords({ tail, paused }: { tail: TailState; paused: boolean }) {
  const { zone } = usePreferences();
  return (
    <p className="muted small">
      <strong>{paused ? "Paused." : "Live."}</strong> {plural(tail.rows.length, "line")} since this page began
      {tail.heardAt && `; asked last at ${formatClock(byServerClock(tail.heardAt), zone)}`}
      {tail.dropped > 0 && (
        <span className="log-dropped">
          {" "}
          ▲ {formatCount(tail.dropped)} more came too fast to be shown; they are kept, narrow the filters or
          look at the range.
        </span>
      )}
    </p>
  );
}

function LiveLines({ asked, tail }: { asked: LogsAsked; tail: TailState }) {
  const now = useNow();
  if (tail.heardAt === null) {
    if (!tail.error) return <Skeleton height="50vh" label="Opening the live tail" />;
    return (
      <ErrorState title="The live tail cannot be read; it is tried again each second" error={tail.error} />
    );
  }
  return (
    <>
      {tail.error && <StaleNotice error={tail.error} updatedAt={tail.heardAt} />}
      {tail.rows.length ? (
        <LogRows rows={tail.rows} label="Live log lines" withService={asked.service.length !== 1} />
      ) : (
        <EmptyState title="Nothing came in yet">
          Asked each second, last {formatDuration(now - byServerClock(tail.heardAt))} ago. What comes in is
          shown here at once.
        </EmptyState>
      )}
    </>
  );
}
