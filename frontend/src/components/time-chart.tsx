/** One metric over time with its expected range, thresholds and unusual spans; the drawing itself loads late. */
import { lazy, Suspense, useMemo } from "react";
import type { Expected } from "@/lib/api/types";
import { formatClock, formatRange, formatValue, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import {
  type ChartPoint,
  type ChartSpan,
  type ChartThresholds,
  chartColumns,
  chartScale,
} from "./chart-model";
import { Skeleton } from "./ui/states";
import "./time-chart.css";

const UplotChart = lazy(() => import("./uplot-chart"));
export const CHART_HEIGHT = 220;

export interface TimeChartProps {
  title: string;
  unit: string;
  points: readonly ChartPoint[];
  expected: Expected | null;
  thresholds: ChartThresholds;
  spans: readonly ChartSpan[];
  /** Charts of the same group share one cursor. */
  group?: string;
}

export function TimeChart({ title, unit, points, expected, thresholds, spans, group }: TimeChartProps) {
  const { zone, theme } = usePreferences();
  const scale = chartScale(points, expected, thresholds);
  const columns = useMemo(() => chartColumns(points), [points]);
  const newest = points.at(-1);
  const summary = newest
    ? `${title}: ${plural(points.length, "reading")}, newest ${formatValue(newest.value, unit)} at ${formatClock(newest.timestamp, zone)}${expected ? `, expected ${formatRange(expected.low, expected.high, unit)}` : ""}`
    : `${title}: no readings`;
  return (
    <figure className="chart">
      <div role="img" aria-label={summary} className="chart-canvas" style={{ blockSize: CHART_HEIGHT }}>
        <Suspense fallback={<Skeleton height={CHART_HEIGHT} label="Loading the chart" />}>
          <UplotChart
            columns={columns}
            scale={scale}
            height={CHART_HEIGHT}
            {...{ unit, expected, thresholds, spans, zone, theme, group }}
          />
        </Suspense>
      </div>
      <Legend {...{ unit, expected, thresholds, spans, scale }} />
    </figure>
  );
}

interface LegendProps extends Pick<TimeChartProps, "unit" | "expected" | "thresholds" | "spans"> {
  scale: [number, number];
}

function Legend({ unit, expected, thresholds, spans, scale }: LegendProps) {
  const beyond = (value: number) => (value > scale[1] || value < scale[0] ? ", off the chart" : "");
  return (
    <figcaption className="chart-legend">
      <span>
        <i className="key key-line" /> value
      </span>
      <span>
        <i className="key key-band" />{" "}
        {expected ? `expected ${formatRange(expected.low, expected.high, unit)}` : "no expected range yet"}
      </span>
      {thresholds.high !== null && (
        <span>
          <i className="key key-high" /> High from {formatValue(thresholds.high, unit)}
          {beyond(thresholds.high)}
        </span>
      )}
      {thresholds.critical !== null && (
        <span>
          <i className="key key-critical" /> Critical from {formatValue(thresholds.critical, unit)}
          {beyond(thresholds.critical)}
        </span>
      )}
      {spans.length > 0 && (
        <span>
          <i className="key key-span" /> unusual
        </span>
      )}
    </figcaption>
  );
}
