/** One metric over time with its expected range, thresholds and unusual spans; the drawing itself loads late. */
import { lazy, Suspense, useMemo, useRef } from "react";
import type { Expected } from "@/lib/api/types";
import { formatClock, formatRange, formatValue, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { ChartData } from "./chart-data";
import { useChartKeys } from "./chart-keyboard";
import {
  type ChartBand,
  type ChartColumns,
  type ChartMarker,
  type ChartPoint,
  type ChartSpan,
  type ChartThresholds,
  chartColumns,
  chartScale,
  commonRange,
} from "./chart-model";
import { Skeleton } from "./ui/states";
import "./time-chart.css";

const UplotChart = lazy(() => import("./uplot-chart"));
export const CHART_HEIGHT = 220;
const NO_BANDS: readonly ChartBand[] = [];
const NO_MARKERS: readonly ChartMarker[] = [];

export interface TimeChartProps {
  title: string;
  unit: string;
  points: readonly ChartPoint[];
  /** Of the whole chart; a point's own range goes before it. */
  expected: Expected | null;
  thresholds: ChartThresholds;
  spans: readonly ChartSpan[];
  /** Named stretches along the foot: incidents. */
  bands?: readonly ChartBand[];
  /** Named moments: deploys, restarts. */
  markers?: readonly ChartMarker[];
  /** Stretches without readings, where the points are thinned out. */
  gaps?: readonly ChartSpan[];
  /** First and last moment shown (seconds); without it, as far as the readings reach. */
  range?: readonly [number, number];
  /** The stretch that was dragged over and is held. */
  selected?: ChartSpan | null;
  /** Charts of the same group share one cursor. */
  group?: string;
  height?: number;
  /** Told the time (seconds) of a reading that is clicked, or reached by arrows and Enter. */
  onPick?: (time: number) => void;
  /** The time (seconds) picked: marked by a line. */
  picked?: number | null;
  /** Told the span (seconds) that is dragged over, or marked by Shift and arrows, and Enter. */
  onSelect?: (from: number, to: number) => void;
  /** What the line at `thresholds.high` is called, where it is not the severity's. */
  thresholdName?: string;
}

export function TimeChart(props: TimeChartProps) {
  const { title, unit, points, expected, thresholds, spans, bands = NO_BANDS, group } = props;
  const { height = CHART_HEIGHT, onPick, onSelect, picked = null, selected = null } = props;
  const { markers = NO_MARKERS, gaps, range } = props;
  const { zone, theme } = usePreferences();
  const scale = useMemo(
    () => chartScale(points, expected, thresholds, unit),
    [points, expected, thresholds, unit],
  );
  const common = useMemo(() => commonRange(points, expected), [points, expected]);
  const columns = useMemo(() => chartColumns(points, expected, gaps), [points, expected, gaps]);
  const keys = useChartKeys(columns, onPick, onSelect);
  const box = useRef<HTMLDivElement>(null);
  const newest = points.at(-1);
  const summary = newest
    ? `${title}: ${plural(points.length, "reading")}, newest ${formatValue(newest.value, unit)} at ${formatClock(newest.timestamp, zone)}${expected ? `, expected ${formatRange(expected.low, expected.high, unit)}` : ""}`
    : `${title}: no readings`;
  const operable = onPick || onSelect;
  return (
    <figure className="chart">
      <div
        ref={box}
        className="chart-canvas"
        style={{ blockSize: height }}
        {...(operable
          ? sliderProps(summary, columns, keys, unit, zone)
          : { role: "img", "aria-label": summary })}
      >
        <Suspense fallback={<Skeleton height={height} label="Loading the chart" />}>
          <UplotChart
            cursor={keys.cursor}
            {...{ columns, common, scale, unit, thresholds, spans, bands, zone, theme, height, group }}
            {...{ onPick, onSelect, picked, selected, markers, range }}
          />
        </Suspense>
      </div>
      <figcaption className="chart-foot">
        <Legend {...props} scale={scale} />
        <ChartData
          name={[title]}
          title={title}
          head={["time", `value (${unit})`, "expected low", "expected high"]}
          rows={() => tableRows(columns, common)}
          format={(value) => formatValue(value, unit)}
          chart={box}
        />
      </figcaption>
    </figure>
  );
}

/** One row a reading; what only breaks the line is left out. */
function tableRows([times, values, lows, highs]: ChartColumns, common: Expected | null | undefined) {
  return times.flatMap((time, index) => {
    const value = values?.[index];
    if (value == null) return [];
    const [low, high] = common ? [common.low, common.high] : [lows?.[index], highs?.[index]];
    return [[new Date(time * 1_000).toISOString(), value, low ?? null, high ?? null]];
  });
}

/** A chart one can pick from is a slider over its readings, to hands and screen readers alike. */
function sliderProps(
  summary: string,
  columns: ChartColumns,
  keys: ReturnType<typeof useChartKeys>,
  unit: string,
  zone: "utc" | "local",
) {
  const [times, values] = columns;
  const at = keys.cursor ?? times.length - 1;
  const [time, value] = [times[at], values?.[at]];
  const marked = keys.anchor === null ? "" : ", marking a span";
  return {
    role: "slider",
    tabIndex: 0,
    "aria-label": summary,
    "aria-valuemin": 0,
    "aria-valuemax": Math.max(0, times.length - 1),
    "aria-valuenow": Math.max(0, at),
    "aria-valuetext":
      time === undefined || value == null
        ? "no reading"
        : `${formatClock(time * 1_000, zone)}, ${formatValue(value, unit)}${marked}`,
    onKeyDown: keys.onKeyDown,
    onBlur: keys.onBlur,
  };
}

interface LegendProps extends Pick<TimeChartProps, "unit" | "points" | "expected" | "thresholds" | "spans"> {
  bands?: readonly ChartBand[];
  markers?: readonly ChartMarker[];
  thresholdName?: string;
  scale: [number, number];
}

function expectedText({ points, expected, unit }: LegendProps): string {
  if (expected) return `expected ${formatRange(expected.low, expected.high, unit)}`;
  return points.some((point) => point.expected) ? "expected" : "no expected range yet";
}

function Legend(props: LegendProps) {
  const { unit, thresholds, spans, bands = NO_BANDS, scale, thresholdName = "High" } = props;
  const { markers = NO_MARKERS } = props;
  const beyond = (value: number) => (value > scale[1] || value < scale[0] ? ", off the chart" : "");
  return (
    <div className="chart-legend">
      <span>
        <i className="key key-line" /> value
      </span>
      <span>
        <i className="key key-band" /> {expectedText(props)}
      </span>
      {thresholds.high !== null && (
        <span>
          <i className="key key-high" /> {thresholdName} from {formatValue(thresholds.high, unit)}
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
      {markers.length > 0 && (
        <span>
          <i className="key key-marker" /> {plural(markers.length, "change")}: deploys, restarts
        </span>
      )}
      {bands.length > 0 && (
        <span>
          <i className="key key-named" /> incidents
        </span>
      )}
    </div>
  );
}
