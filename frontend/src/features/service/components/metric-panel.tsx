/** One metric of the service: what it is now, in words, above what it was; picked from and dragged over. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type ChartMarker, type ChartSpan, seconds, spansOf } from "@/components/chart-model";
import { CHART_HEIGHT, TimeChart } from "@/components/time-chart";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { SeverityTag } from "@/components/ui/tags";
import type { History, IncidentSummary, MetricReading } from "@/lib/api/types";
import { formatDateTime, formatValue, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { describeReading } from "@/lib/reading";
import type { TimeRange } from "@/lib/time-range";
import { pastQuery } from "../queries";
import { incidentBands } from "../view-model";

export interface ChartActions {
  picked: number | null;
  selected: ChartSpan | null;
  onPick: (time: number) => void;
  onSelect: (from: number, to: number) => void;
}

interface MetricPanelProps {
  service: string;
  metric: string;
  reading: MetricReading;
  range: TimeRange;
  incidents: readonly IncidentSummary[];
  markers: readonly ChartMarker[];
  actions: ChartActions;
}

export function MetricPanel(props: MetricPanelProps) {
  const { service, metric, reading, range, incidents, markers, actions } = props;
  const { refresh } = usePreferences();
  const query = useQuery({
    ...pastQuery(service, metric, range),
    ...(refresh === "paused" && { refetchInterval: false as const }),
  });
  const words = describeReading(reading);
  return (
    <section className="panel metric-panel" aria-label={reading.title}>
      <header className="row">
        <h2>{reading.title}</h2>
        <strong className="metric-panel-value">
          {reading.value === null ? "no value" : formatValue(reading.value, reading.unit)}
        </strong>
        <SeverityTag severity={words.severity} />
        <span className="muted">{words.verdict}</span>
        {words.note && <span className="muted small break metric-panel-note">{words.note}</span>}
      </header>
      <QueryView
        query={query}
        what={`The history of ${reading.title}`}
        skeleton={<Skeleton height={CHART_HEIGHT + 60} label="Loading the history" />}
      >
        {(history) => (
          <HistoryChart
            title={`${reading.title} of ${service}`}
            group={`service ${service}`}
            {...{ history, incidents, markers, actions }}
          />
        )}
      </QueryView>
    </section>
  );
}

interface HistoryChartProps {
  title: string;
  group: string;
  history: History;
  incidents: readonly IncidentSummary[];
  markers: readonly ChartMarker[];
  actions: ChartActions;
}

function HistoryChart({ title, group, history, incidents, markers, actions }: HistoryChartProps) {
  const { zone } = usePreferences();
  const { unusual, gaps, start, end, metric } = history;
  const spans = useMemo(() => spansOf(unusual), [unusual]);
  const breaks = useMemo(() => spansOf(gaps), [gaps]);
  const bands = useMemo(() => incidentBands(incidents, metric), [incidents, metric]);
  const ends = useMemo(() => [seconds(start), seconds(end)] as const, [start, end]);
  if (history.points.length === 0) {
    return (
      <EmptyState title="No readings in this range">
        Looked from {formatDateTime(start, zone)} to {formatDateTime(end, zone)}.
      </EmptyState>
    );
  }
  return (
    <>
      <TimeChart
        title={title}
        unit={history.unit}
        points={history.points}
        expected={history.expected}
        thresholds={history}
        range={ends}
        gaps={breaks}
        {...{ spans, bands, markers, group, ...actions }}
      />
      {history.downsampled && (
        <p className="muted small">
          {plural(history.points.length, "point")} of {plural(history.total, "reading")}: each peak and trough
          is kept.
        </p>
      )}
    </>
  );
}
