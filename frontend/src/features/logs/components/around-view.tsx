/** One service's lines around a moment; those that explain what happened then are marked. */
import { useQuery } from "@tanstack/react-query";
import { LogLines } from "@/components/log-lines";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { Logs } from "@/lib/api/types";
import { formatClock, formatDateTime, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { aroundQuery } from "../queries";
import { describeSource, type LogsAsked } from "../view-model";

export function AroundView({ asked }: { asked: LogsAsked }) {
  const query = useQuery(aroundQuery(asked));
  return (
    <QueryView
      query={query}
      what={`The logs of ${asked.service[0]}`}
      skeleton={<Skeleton height="60vh" label="Loading the logs" />}
    >
      {(logs) => <Found logs={logs} />}
    </QueryView>
  );
}

function Found({ logs }: { logs: Logs }) {
  const { zone } = usePreferences();
  const range = `${formatDateTime(logs.start, zone)} to ${formatClock(logs.end, zone)}`;
  return (
    <div className="section logs-found">
      <p className="muted small" role="status">
        {plural(logs.total, "line")}, {range}
        {logs.truncated && "; not all are shown: narrow the time or the filters"}
      </p>
      {logs.lines.length ? (
        <LogLines lines={logs.lines} label="Log lines" />
      ) : (
        <EmptyState title="No line fits">
          Looked from {range} in {plural(logs.sources.length, "file")}.
          <ul>
            {logs.sources.map((source) => (
              <li key={source.path}>{describeSource(source)}</li>
            ))}
          </ul>
        </EmptyState>
      )}
    </div>
  );
}
