/** The logs: lines of a range with their counts over time, grouped by template, live, or around a moment. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw, X } from "lucide-react";
import { useCallback } from "react";
import { LeftOutNote } from "@/components/left-out-note";
import { SavedViewsMenu } from "@/components/saved-views";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { LogSource } from "@/lib/api/types";
import { useShortcuts } from "@/lib/keys";
import { usePageTitle } from "@/lib/page-title";
import { type SearchChange, useSearchState } from "@/lib/search-state";
import { rangeSearch } from "@/lib/time-range";
import { AroundView } from "./components/around-view";
import { ExportLogs } from "./components/export-logs";
import { LinesView } from "./components/lines-view";
import { LiveView } from "./components/live-view";
import { LogFilterBar } from "./components/log-filter-bar";
import { LogHistogramChart } from "./components/log-histogram";
import { TemplateList } from "./components/template-list";
import { histogramQuery, sourcesQuery } from "./queries";
import { describeSource, type LogsAsked, leftOutOf, logsAsked, type View } from "./view-model";
import "./logs.css";

const VIEWS: readonly { view: View; word: string; key: string }[] = [
  { view: "lines", word: "Lines", key: "1" },
  { view: "templates", word: "Templates", key: "2" },
  { view: "live", word: "Live", key: "3" },
];
const NOTHING_LEFT = { level: [], q: "", template: "" };

export default function LogsPage() {
  usePageTitle("Logs");
  const client = useQueryClient();
  const [search, step] = useSearchState("step");
  const [, replace] = useSearchState();
  const asked = logsAsked(search);
  const sources = useQuery(sourcesQuery(asked.service));
  const ranged = !asked.around && asked.view !== "live";
  const histogram = useQuery({ ...histogramQuery(asked), enabled: ranged });
  const renew = useCallback(() => void client.invalidateQueries({ queryKey: ["logs"] }), [client]);
  useShortcuts("Logs", [
    { keys: "Shift+R", does: "Ask for the logs again", run: renew },
    ...VIEWS.map(({ view, word, key }) => ({
      keys: key,
      does: `Logs: ${word.toLowerCase()}`,
      run: () => step(viewChange(view)),
    })),
  ]);
  return (
    <div className="stack">
      <div className="row row-spread">
        <h1>Logs</h1>
        <div className="row">
          <ViewSwitch asked={asked} onChange={step} />
          <SavedViewsMenu page="logs" />
          {ranged && <ExportLogs asked={asked} />}
          {asked.view !== "live" && (
            <button type="button" className="button" onClick={renew}>
              <RefreshCw aria-hidden="true" size={15} /> Refresh
            </button>
          )}
        </div>
      </div>
      <LogFilterBar
        asked={asked}
        withLines={sources.data?.services ?? []}
        histogram={ranged ? histogram.data : undefined}
        onChange={replace}
      />
      <LeftOutNote what={leftOutOf(search, asked)} />
      <SourceNotices sources={sources.data?.sources ?? []} />
      {asked.template && <TemplateChip template={asked.template} onClear={() => step({ template: "" })} />}
      {ranged && (
        <QueryView
          query={histogram}
          what="The count of lines"
          skeleton={<Skeleton height={130} label="Counting the lines" />}
        >
          {(counted) => (
            <LogHistogramChart
              histogram={counted}
              levels={asked.level}
              onSelect={(start, end) => step(between(start, end))}
            />
          )}
        </QueryView>
      )}
      <Content asked={asked} sources={sources.data?.sources ?? []} onChange={step} />
    </div>
  );
}

function between(start: number, end: number): SearchChange {
  const iso = (time: number) => new Date(Math.round(time)).toISOString();
  return rangeSearch({ kind: "between", start: iso(start), end: iso(end) });
}

/** Another view leaves the moment that was looked at. */
function viewChange(view: View): SearchChange {
  return { view: view === "lines" ? "" : view, event_ts: "", before: "", after: "" };
}

interface ContentProps {
  asked: LogsAsked;
  sources: readonly LogSource[];
  onChange: (change: SearchChange) => void;
}

function Content({ asked, sources, onChange }: ContentProps) {
  if (asked.around) {
    if (asked.service.length === 1) return <AroundView asked={asked} />;
    return (
      <EmptyState title="Choose one service">Lines around a moment are those of one service.</EmptyState>
    );
  }
  if (asked.view === "live") return <LiveView asked={asked} />;
  if (asked.view === "templates") {
    return (
      <TemplateList
        asked={asked}
        onChoose={({ template, service }) => onChange({ template, service: [service], view: "" })}
      />
    );
  }
  return <LinesView asked={asked} sources={sources} onClear={() => onChange(NOTHING_LEFT)} />;
}

function ViewSwitch({ asked, onChange }: Omit<ContentProps, "sources">) {
  return (
    <fieldset className="toggles">
      <legend className="visually-hidden">How the logs are shown</legend>
      {VIEWS.map(({ view, word }) => (
        <button
          key={view}
          type="button"
          className="toggle"
          aria-pressed={!asked.around && asked.view === view}
          onClick={() => onChange(viewChange(view))}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

function SourceNotices({ sources }: { sources: readonly LogSource[] }) {
  const broken = sources.filter((source) => source.state !== "reading");
  const [first] = broken;
  if (!first) return null;
  if (broken.length === 1) return <p className="log-sources">{describeSource(first)}</p>;
  return (
    <details className="log-sources">
      <summary>
        {broken.length} of {sources.length} log files are not read
      </summary>
      <ul>
        {broken.map((source) => (
          <li key={source.path}>{describeSource(source)}</li>
        ))}
      </ul>
    </details>
  );
}

function TemplateChip({ template, onClear }: { template: string; onClear: () => void }) {
  return (
    <p className="row">
      <span className="muted">Only lines like</span>
      <code className="break" dir="auto">
        {template}
      </code>
      <button type="button" className="button button-small" onClick={onClear}>
        <X aria-hidden="true" size={13} /> Any line
      </button>
    </p>
  );
}
