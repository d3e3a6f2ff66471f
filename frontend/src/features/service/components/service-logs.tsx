/** What the service logged around the moment picked on a chart; without one, what it logged last. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { LogLines } from "@/components/log-lines";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { isGone } from "@/lib/api/client";
import type { Logs } from "@/lib/api/types";
import { formatClock, formatDateTime, plural } from "@/lib/format";
import { logsPath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { linesQuery } from "../queries";

interface ServiceLogsProps {
  service: string;
  /** RFC 3339. */
  at: string | null;
  onClear: () => void;
}

export function ServiceLogs({ service, at, onClear }: ServiceLogsProps) {
  const { zone, refresh } = usePreferences();
  const query = useQuery({
    ...linesQuery(service, at),
    ...(refresh === "paused" && { refetchInterval: false as const }),
  });
  const section = useRef<HTMLElement>(null);
  const shown = useRef(at);
  useEffect(() => {
    // A link opens at the top of the page; only a click on a chart asks for the lines.
    if (at && at !== shown.current) section.current?.scrollIntoView({ block: "nearest" });
    shown.current = at;
  }, [at]);
  // A service that neither Prometheus nor a log file names: the page says so already.
  if (isGone(query.error)) return null;
  return (
    <section ref={section} className="section" aria-labelledby="service-logs">
      <div className="row row-spread">
        <h2 id="service-logs">{at ? `Log lines around ${formatClock(at, zone)}` : "Newest log lines"}</h2>
        <div className="row">
          {at && (
            <button type="button" className="button button-small" onClick={onClear}>
              Back to the newest
            </button>
          )}
          <Link className="button button-small" to={logsPath(service, at)}>
            Open in Logs
          </Link>
        </div>
      </div>
      <QueryView
        query={query}
        what="The log lines"
        skeleton={<Skeleton height={240} label="Loading the log lines" />}
      >
        {(logs) => <Found logs={logs} at={at} />}
      </QueryView>
    </section>
  );
}

function Found({ logs, at }: { logs: Logs; at: string | null }) {
  const { zone } = usePreferences();
  if (logs.lines.length) {
    return (
      <>
        <p className="muted small" role="status">
          {plural(logs.total, "line")} from {formatDateTime(logs.start, zone)} to{" "}
          {formatClock(logs.end, zone)}
          {logs.truncated && "; not all are shown"}
        </p>
        <LogLines lines={logs.lines} label="Log lines of the service" {...(at && { at })} />
      </>
    );
  }
  const broken = logs.sources.filter((source) => source.state !== "reading");
  return (
    <EmptyState title="No line was logged">
      Looked from {formatDateTime(logs.start, zone)} to {formatClock(logs.end, zone)} in{" "}
      {plural(logs.sources.length, "file")}.
      {broken.map((source) => (
        <p key={source.path}>
          {source.path}: {source.detail || source.state}
        </p>
      ))}
    </EmptyState>
  );
}
