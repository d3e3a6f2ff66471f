/** A service's log lines around a moment, as the address says. */
import { useQuery } from "@tanstack/react-query";
import { LogLines } from "@/components/log-lines";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { Logs } from "@/lib/api/types";
import { formatClock, formatDateTime, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { usePreferences } from "@/lib/preferences";
import { useSearchState } from "@/lib/search-state";
import { LogFilterBar } from "./components/log-filter-bar";
import { logsQuery } from "./queries";
import { describeSource, logsAsked } from "./view-model";
import "./logs.css";

export default function LogsPage() {
  usePageTitle("Logs");
  const [search, setSearch] = useSearchState();
  const asked = logsAsked(search);
  const query = useQuery(logsQuery(asked));
  return (
    <div className="stack">
      <h1>Logs</h1>
      <LogFilterBar asked={asked} onChange={setSearch} onRefresh={() => void query.refetch()} />
      {asked.service ? (
        <QueryView
          query={query}
          what={`The logs of ${asked.service}`}
          skeleton={<Skeleton height="60vh" label="Loading the logs" />}
        >
          {(logs) => <Found logs={logs} />}
        </QueryView>
      ) : (
        <EmptyState title="Choose a service">Its log lines around the chosen time are shown here.</EmptyState>
      )}
    </div>
  );
}

function Found({ logs }: { logs: Logs }) {
  const { zone } = usePreferences();
  const range = `${formatDateTime(logs.start, zone)} to ${formatClock(logs.end, zone)}`;
  const broken = logs.sources.filter((source) => source.state !== "reading");
  return (
    <div className="section logs-found">
      <p className="muted small" role="status">
        {plural(logs.total, "line")}, {range}
        {logs.truncated && "; not all are shown: narrow the time or the filters"}
      </p>
      {broken.map((source) => (
        <p key={source.path} className="stale-notice">
          {describeSource(source)}
        </p>
      ))}
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
