/** One service: each metric over time with one cursor, what changed where one drags, its incidents, its logs. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { seconds } from "@/components/chart-model";
import { LeftOutNote } from "@/components/left-out-note";
import { RangeField } from "@/components/range-field";
import { CHART_HEIGHT } from "@/components/time-chart";
import { ChoiceField } from "@/components/ui/choice-field";
import { EmptyState, ErrorState, QueryView, Skeleton } from "@/components/ui/states";
import { isGone } from "@/lib/api/client";
import { servicesQuery } from "@/lib/api/queries";
import type { MetricReading } from "@/lib/api/types";
import { useShortcuts } from "@/lib/keys";
import { usePageTitle } from "@/lib/page-title";
import { incidentsPath, servicePath } from "@/lib/paths";
import { useSearchState } from "@/lib/search-state";
import { rangeSearch, readRange, type TimeRange } from "@/lib/time-range";
import { type ChartActions, MetricPanel } from "./components/metric-panel";
import { ServiceIncidents } from "./components/service-incidents";
import { ServiceLogs } from "./components/service-logs";
import { WhatChanged, WhatChangedHint } from "./components/what-changed";
import { bandsQuery, happenedQuery, serviceQuery } from "./queries";
import { leftOutOf, markersOf, readPicked, readSelection, selectionSpan, writeSelection } from "./view-model";
import "./service.css";

const HOUR = 3_600_000;
const BANDS = 200;
const PANEL_HEIGHT = CHART_HEIGHT + 150;

export default function ServicePage() {
  const { name: fromPath = "" } = useParams();
  const [params] = useSearchParams();
  const service = params.get("name") ?? fromPath;
  const view = useView();
  const query = useQuery(serviceQuery(service));
  const gone = isGone(query.error);
  usePageTitle(service);
  return (
    <div className="stack">
      <div className="row row-spread service-head">
        <h1 dir="auto">{service}</h1>
        <div className="filters">
          <ServiceSwitch service={service} />
          <RangeField range={view.range} onChange={view.setRange} />
          <Link className="button" to={view.logsLink(service)}>
            Logs
          </Link>
        </div>
      </div>
      <LeftOutNote what={view.leftOut} />
      {gone ? (
        <Gone service={service} error={query.error as Error} onRetry={() => void query.refetch()} />
      ) : (
        <QueryView query={query} what={`The metrics of ${service}`} skeleton={<MetricsSkeleton />}>
          {({ metrics }) => <Metrics service={service} metrics={metrics} view={view} />}
        </QueryView>
      )}
      <ServiceLogs service={service} at={view.at} onClear={view.clearPick} />
      <ServiceIncidents service={service} />
    </div>
  );
}

/** What the address says of this page, and the ways to change it; each is a step that Back takes back. */
function useView() {
  const [search, step] = useSearchState("step");
  const [, replace] = useSearchState();
  const text = search.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the parameters
  const range = useMemo(() => readRange(search, HOUR), [text]);
  const sel = search.get("sel");
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read from `sel` alone
  const selection = useMemo(() => readSelection(search), [sel]);
  const at = readPicked(search);
  const setRange = useCallback((next: TimeRange) => step(rangeSearch(next)), [step]);
  const select = useCallback((from: number, to: number) => step({ sel: writeSelection(from, to) }), [step]);
  const pick = useCallback(
    (time: number) => replace({ at: new Date(time * 1_000).toISOString() }),
    [replace],
  );
  const clearPick = useCallback(() => replace({ at: "" }), [replace]);
  const close = useCallback(() => step({ sel: "" }), [step]);
  const zoom = useCallback(() => {
    if (!selection) return;
    step({ ...rangeSearch({ kind: "between", start: selection.from, end: selection.to }), sel: "" });
  }, [selection, step]);
  function logsLink(service: string): string {
    const { last = "", from = "", to = "" } = rangeSearch(range) as Record<string, string>;
    const kept = Object.entries({ service, last, from, to }).filter(([, value]) => value);
    return `/logs?${new URLSearchParams(kept)}`;
  }
  const leftOut = leftOutOf(search, range);
  return { range, selection, at, leftOut, setRange, select, pick, clearPick, close, zoom, logsLink };
}

interface MetricsProps {
  service: string;
  metrics: Record<string, MetricReading>;
  view: ReturnType<typeof useView>;
}

function Metrics({ service, metrics, view }: MetricsProps) {
  const { range, selection, at, pick, select, close, zoom } = view;
  const incidents = useQuery(bandsQuery(service, range, BANDS)).data?.items ?? NONE;
  const happened = useQuery(happenedQuery(service, range)).data?.items ?? NONE;
  const markers = useMemo(() => markersOf(happened), [happened]);
  const actions: ChartActions = useMemo(
    () => ({
      picked: at ? seconds(at) : null,
      selected: selectionSpan(selection),
      onPick: pick,
      onSelect: select,
    }),
    [at, selection, pick, select],
  );
  useShortcuts(
    "Service",
    selection
      ? [
          { keys: "i", does: "Zoom in on what is selected", run: zoom },
          { keys: "Escape", does: "Close what changed", run: close },
        ]
      : [],
  );
  if (!Object.keys(metrics).length) {
    return (
      <EmptyState title="No metric of this service has a series yet">
        Each metric of the catalogue was asked for; <Link to="/models">Models</Link> says which pairs are
        known.
      </EmptyState>
    );
  }
  return (
    <div className={selection ? "service-body service-body-split" : "service-body"}>
      {!selection && <WhatChangedHint />}
      <div className="metric-panels">
        {Object.entries(metrics).map(([metric, reading]) => (
          <MetricPanel key={metric} {...{ service, metric, reading, range, incidents, markers, actions }} />
        ))}
      </div>
      {selection && <WhatChanged {...{ service, selection }} onZoom={zoom} onClose={close} onPick={pick} />}
    </div>
  );
}

const NONE: readonly never[] = [];

interface GoneProps {
  service: string;
  error: Error;
  onRetry: () => void;
}

/** A service that vanished leaves its incidents and its lines behind. */
function Gone({ service, error, onRetry }: GoneProps) {
  return (
    <>
      <ErrorState title="Prometheus does not name this service now" error={error} onRetry={onRetry} />
      <p className="muted">
        It may have been removed or renamed, or be down with all its series.{" "}
        <Link to={incidentsPath({ service })}>Its incidents</Link> and what it logged are kept.
      </p>
    </>
  );
}

function ServiceSwitch({ service }: { service: string }) {
  const { data } = useQuery(servicesQuery);
  const navigate = useNavigate();
  const names = data ?? [];
  return (
    <ChoiceField
      label="Service"
      value={service}
      options={names.map((name) => [name, name])}
      onChange={(name) => void navigate(servicePath(name))}
    />
  );
}

function MetricsSkeleton() {
  return (
    <div className="metric-panels">
      {[0, 1, 2, 3].map((panel) => (
        <Skeleton key={panel} height={PANEL_HEIGHT} label="Loading a metric" />
      ))}
    </div>
  );
}
