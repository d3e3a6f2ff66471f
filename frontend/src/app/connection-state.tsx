/** Says whether the page is live, and how old what it shows is. */
import { useQuery } from "@tanstack/react-query";
import { overviewQuery } from "@/lib/api/queries";
import { useNow } from "@/lib/clock";
import { formatDuration } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { freshness } from "./freshness";
import { type Connection, FALLBACK_POLL_MS } from "./live-updates";

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Reconnecting",
  polling: "Polling",
  paused: "Paused",
};

const WHY_LOST = `The event stream is lost: Canopy is asked every ${FALLBACK_POLL_MS / 1_000} s until it is back`;

export function ConnectionState({ connection }: { connection: Connection }) {
  const { refresh } = usePreferences();
  const overview = useQuery(overviewQuery);
  const fresh = freshness(overview.data, useNow());
  const lost = connection === "lost";
  const stale = lost || overview.error !== null || (fresh?.stale ?? false);
  const word = connection === "polling" ? `Every ${refresh} s` : WORDS[connection];
  const tone = stale ? "warn" : connection === "live" ? "live" : "idle";
  return (
    <p className={`connection connection-${tone}`} title={lost ? WHY_LOST : undefined}>
      <span className="connection-word" role="status">
        <span className="connection-dot" aria-hidden="true" />
        {/* "Live" beside "stale" would say the opposite: the stream lives, what it brings is old. */}
        {!(stale && connection === "live") && <span className="connection-what">{word}</span>}
        {stale && <strong className="connection-stale">stale</strong>}
      </span>
      {fresh && <span className="connection-age">data {formatDuration(fresh.ageMs)} old</span>}
    </p>
  );
}

/** In its place, where the answer cannot be read. */
export function ConnectionUnknown() {
  return (
    <p className="connection connection-warn">
      <span className="connection-word" role="status">
        <span className="connection-dot" aria-hidden="true" />
        Age unknown
      </span>
    </p>
  );
}
