/** Draws a time chart on a canvas with uPlot; loaded only by pages that show one. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import {
  formatClock,
  formatDateTime,
  formatMinute,
  formatRange,
  formatTicks,
  formatValue,
} from "@/lib/format";
import type { Theme, Zone } from "@/lib/preferences";
import {
  type Drawn,
  drawBehind,
  drawMarks,
  drawThresholds,
  type Palette,
  readPalette,
} from "./chart-drawing";
import type { ChartBand, ChartColumns, ChartMarker } from "./chart-model";
import "uplot/dist/uPlot.min.css";

export interface UplotChartProps extends Drawn {
  columns: ChartColumns;
  scale: [number, number];
  unit: string;
  zone: Zone;
  theme: Theme;
  height: number;
  group: string | undefined;
  /** Told the time (seconds) of the reading clicked. */
  onPick: ((time: number) => void) | undefined;
  /** Told the span (seconds) dragged over. */
  onSelect: ((from: number, to: number) => void) | undefined;
  /** First and last moment shown (seconds); without it, as far as the readings reach. */
  range: readonly [number, number] | undefined;
  /** The reading the keyboard is at. */
  cursor: number | null;
}

const DAY_S = 86_400;
/** A drag shorter than this was a click. */
const LEAST_DRAG_PX = 6;
const TIP_REACH_PX = 5;

function bandAt(bands: readonly ChartBand[], time: number): string {
  const band = bands.find((each) => time >= each.from && time <= each.to);
  return band ? `  ${band.label}` : "";
}

/** What happened within a hair of `time`. */
function markerAt(markers: readonly ChartMarker[], time: number, reach: number): string {
  const marker = markers.find((each) => Math.abs(each.at - time) <= reach);
  return marker ? `  ${marker.label}` : "";
}

function showTip(plot: uPlot, tip: HTMLElement, props: UplotChartProps): void {
  const index = plot.cursor.idx;
  const time = index == null ? undefined : plot.data[0][index];
  const value = index == null ? undefined : plot.data[1]?.[index];
  tip.hidden = time === undefined || value == null;
  if (index == null || time === undefined || value == null) return;
  const low = props.common?.low ?? plot.data[2]?.[index];
  const high = props.common?.high ?? plot.data[3]?.[index];
  const reach = plot.posToVal(TIP_REACH_PX, "x") - plot.posToVal(0, "x");
  const expected = low != null && high != null ? `  expected ${formatRange(low, high, props.unit)}` : "";
  tip.textContent = `${formatClock(time * 1_000, props.zone)}  ${formatValue(value, props.unit)}${expected}${bandAt(props.bands, time)}${markerAt(props.markers, time, reach)}`;
  const left = plot.valToPos(time, "x");
  const room = plot.over.clientWidth - tip.offsetWidth;
  tip.style.insetInlineStart = `${Math.max(0, Math.min(room, left + 10))}px`;
}

/** "14:02"; with the day where the axis spans more than one. */
function tickText(tick: number, span: number, zone: Zone): string {
  if (span > DAY_S) return formatDateTime(tick * 1_000, zone).replace(/ \d{4}, (\d\d:\d\d).*$/, " $1");
  return tick % 60 ? formatClock(tick * 1_000, zone) : formatMinute(tick * 1_000, zone).replace(" UTC", "");
}

function axesOf(newest: () => UplotChartProps, palette: Palette): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: palette.muted,
    font: `12px ${getComputedStyle(document.documentElement).fontFamily}`,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
  };
  const span = (ticks: readonly number[]) => (ticks.at(-1) ?? 0) - (ticks[0] ?? 0);
  return [
    {
      ...axis,
      space: 96,
      size: 28,
      values: (_, ticks) => ticks.map((tick) => tickText(tick, span(ticks), newest().zone)),
    },
    { ...axis, size: 64, values: (_, ticks) => formatTicks(ticks, newest().unit) },
  ];
}

/** Tells of the span dragged over, and takes uPlot's own mark away: the page shows what it makes of it. */
function tellSelection(plot: uPlot, newest: () => UplotChartProps): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG_PX) return;
  const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  newest().onSelect?.(from, to);
}

function tellClick(plot: uPlot, newest: () => UplotChartProps): void {
  const time = plot.cursor.idx == null ? undefined : plot.data[0][plot.cursor.idx];
  if (time !== undefined) newest().onPick?.(time);
}

/** Of the charts of a group only the cursor is shared: a drag belongs to the one it began on. */
const isMove = (type: string) => type === "mousemove" || type === "mouseleave";

function makeOptions(newest: () => UplotChartProps, palette: Palette, width: number): uPlot.Options {
  const { columns, height, group, onSelect, onPick } = newest();
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  // What was expected is drawn under the line by hand: uPlot would fill its band over it.
  const hidden: uPlot.Series = { show: false };
  return {
    width,
    height,
    legend: { show: false },
    cursor: {
      y: false,
      ...(group && { sync: { key: group, filters: { pub: isMove } } }),
      drag: { x: onSelect !== undefined, y: false, setScale: false, dist: LEAST_DRAG_PX },
    },
    scales: {
      x: {
        time: true,
        range: (_, low, high) => {
          const [from, to] = newest().range ?? [low, high];
          return [from, to];
        },
      },
      y: { range: () => newest().scale },
    },
    axes: axesOf(newest, palette),
    series: [
      {},
      { stroke: palette.line, width: 1.75, points: { show: false }, spanGaps: false },
      ...(columns.length > 2 ? [hidden, hidden] : []),
    ],
    hooks: {
      init: [
        (plot) => {
          plot.over.append(tip);
          if (onPick) plot.over.addEventListener("click", () => tellClick(plot, newest));
        },
      ],
      drawClear: [(plot) => drawBehind(plot, newest(), palette)],
      drawAxes: [(plot) => drawThresholds(plot, newest(), palette)],
      draw: [(plot) => drawMarks(plot, newest(), palette)],
      setCursor: [(plot) => showTip(plot, tip, newest())],
      setSelect: [(plot) => tellSelection(plot, newest)],
    },
  };
}

/** For the browser's own timeline and the bench: uPlot draws in a microtask, the one before this. */
function noteDrawn(what: string, start: number): void {
  queueMicrotask(() => performance.measure(what, { start }));
}

export default function UplotChart(props: UplotChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  /** What the drawing was made with: giving it the same again would draw all of it twice. */
  const made = useRef<Pick<UplotChartProps, "columns" | "range"> | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const { columns, theme, group, zone, height } = props;
  const { common, spans, bands, markers, selected, picked, cursor } = props;
  const [picks, selects] = [props.onPick !== undefined, props.onSelect !== undefined];
  const series = columns.length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read through `newest` needs no new drawing
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const make = () => {
      chart.current?.destroy();
      const options = makeOptions(() => newest.current, readPalette(element), element.clientWidth);
      const start = performance.now();
      chart.current = new uPlot(options, newest.current.columns as uPlot.AlignedData, element);
      made.current = newest.current;
      noteDrawn("chart mount", start);
    };
    make();
    const systemTheme = matchMedia("(prefers-color-scheme: dark)");
    systemTheme.addEventListener("change", make);
    const resize = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (chart.current?.width !== width) chart.current?.setSize({ width, height: newest.current.height });
    });
    resize.observe(element);
    return () => {
      systemTheme.removeEventListener("change", make);
      resize.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [theme, group, zone, height, picks, selects, series]);

  const [from, to] = props.range ?? [];
  useEffect(() => {
    const before = made.current;
    made.current = newest.current;
    if (before?.columns === columns && before.range?.[0] === from && before.range?.[1] === to) return;
    const start = performance.now();
    chart.current?.setData(columns as uPlot.AlignedData);
    noteDrawn("chart update", start);
  }, [columns, from, to]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when one of these is another
  useEffect(() => chart.current?.redraw(false), [common, spans, bands, markers, selected, picked]);

  useEffect(() => {
    const plot = chart.current;
    const time = cursor === null ? undefined : plot?.data[0][cursor];
    if (plot && time !== undefined) plot.setCursor({ left: plot.valToPos(time, "x"), top: 0 });
  }, [cursor]);

  return <div ref={host} />;
}
