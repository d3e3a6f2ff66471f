/** One metric of the service: what it is now, in words, above what it was. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { unusualSpans } from "@/components/chart-model";
import { CHART_HEIGHT, TimeChart } from "@/components/time-chart";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { SeverityTag } from "@/components/ui/tags";
import { historyQuery } from "@/lib/api/queries";
import type { History, MetricReading } from "@/lib/api/types";
import { formatDateTime, formatValue } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { describeReading } from "@/lib/reading";

interface MetricPanelProps {
  service: string;
  metric: string;
  reading: MetricReading;
  lastMs: number;
}

export function MetricPanel({ service, metric, reading, lastMs }: MetricPanelProps) {
  const query = useQuery(historyQuery({ service, metric, last: lastMs }));
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
        {words.note && <span className="muted small break">{words.note}</span>}
      </header>
      <QueryView
        query={query}
        what={`The history of ${reading.title}`}
        skeleton={<Skeleton height={CHART_HEIGHT} label="Loading the history" />}
      >
        {(history) => <HistoryChart title={reading.title} service={service} history={history} />}
      </QueryView>
    </section>
  );
}

function HistoryChart({ title, service, history }: { title: string; service: string; history: History }) {
  const { zone } = usePreferences();
  const spans = useMemo(() => unusualSpans(history.points), [history.points]);
  if (history.points.length === 0) {
    return (
      <EmptyState title="No readings in this range">
        {formatDateTime(history.start, zone)} to {formatDateTime(history.end, zone)}
      </EmptyState>
    );
  }
  return (
    <TimeChart
      title={`${title} of ${service}`}
      unit={history.unit}
      points={history.points}
      expected={history.expected}
      thresholds={history}
      spans={spans}
      group={`service ${service}`}
    />
  );
}
