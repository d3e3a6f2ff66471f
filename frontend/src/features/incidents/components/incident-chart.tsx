/** The incident's metric around the event, the unusual time marked; a reading picked here moves the logs. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type ChartMarker, seconds } from "@/components/chart-model";
import { CHART_HEIGHT, TimeChart } from "@/components/time-chart";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { isGone } from "@/lib/api/client";
import { annotationsQuery, historyQuery } from "@/lib/api/queries";
import type { History, IncidentDetail } from "@/lib/api/types";
import { serverNow } from "@/lib/clock";
import { chartMarkers, chartRange, eventReading, incidentSpan } from "../view-model";

interface IncidentChartProps {
  incident: IncidentDetail;
  /** Seconds since the epoch. */
  picked: number | null;
  onPick: (time: number) => void;
}

export function IncidentChart(props: IncidentChartProps) {
  const { service, metric, metric_title } = props.incident;
  const range = chartRange(props.incident, serverNow());
  const query = useQuery(historyQuery({ service, metric, ...range }));
  const happened = useQuery(annotationsQuery({ service, ...range })).data?.items;
  const markers = useMemo(() => chartMarkers(happened ?? []), [happened]);
  return (
    <section className="panel incident-chart" aria-label={`${metric_title} around the event`}>
      {isGone(query.error) ? (
        <Chart {...props} history={NO_HISTORY} markers={markers} range={range} />
      ) : (
        <QueryView
          query={query}
          what={`The history of ${metric_title}`}
          skeleton={<Skeleton height={CHART_HEIGHT + 64} label="Loading the chart" />}
        >
          {(history) => <Chart {...props} history={history} markers={markers} />}
        </QueryView>
      )}
    </section>
  );
}

type Past = Pick<History, "points" | "expected" | "high" | "critical" | "gaps">;

/** The dataset was removed, or the metric is no longer in the catalogue. */
const NO_HISTORY: Past = { points: [], expected: null, high: null, critical: null, gaps: [] };

interface ChartProps extends IncidentChartProps {
  history: Past;
  markers: readonly ChartMarker[];
  /** What is drawn where the few readings kept would not reach. */
  range?: { start: string; end?: string };
}

/** The readings the incident keeps outlive the history they came from. */
function Chart({ incident, history, markers, range, picked, onPick }: ChartProps) {
  const points = history.points.length ? history.points : incident.readings;
  const spans = useMemo(() => [incidentSpan(incident)], [incident]);
  const gaps = useMemo(
    () => history.gaps.map((gap) => ({ from: seconds(gap.start), to: seconds(gap.end) })),
    [history.gaps],
  );
  // What was expected then: the range of today may have learned from the incident itself.
  const reading = eventReading(incident);
  if (points.length === 0) return <EmptyState title="No readings are kept for this time" />;
  return (
    <TimeChart
      title={`${incident.metric_title} of ${incident.service}`}
      unit={incident.unit}
      points={points}
      expected={reading ? (reading.expected ?? null) : history.expected}
      thresholds={history}
      spans={spans}
      markers={markers}
      gaps={gaps}
      {...(range && { range: [seconds(range.start), range.end ? seconds(range.end) : serverNow() / 1_000] })}
      picked={picked}
      onPick={onPick}
    />
  );
}
