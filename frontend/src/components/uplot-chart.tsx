/** Draws a time chart on a canvas with uPlot; loaded only by pages that show one. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Expected } from "@/lib/api/types";
import { formatClock, formatMinute, formatValue } from "@/lib/format";
import type { Theme, Zone } from "@/lib/preferences";
import type { ChartSpan, ChartThresholds } from "./chart-model";
import "uplot/dist/uPlot.min.css";

interface UplotChartProps {
  columns: [number[], (number | null)[]];
  scale: [number, number];
  unit: string;
  expected: Expected | null;
  thresholds: ChartThresholds;
  spans: readonly ChartSpan[];
  zone: Zone;
  theme: Theme;
  height: number;
  group: string | undefined;
}

const TOKENS = ["line", "band", "grid", "muted", "high", "critical", "critical-soft"] as const;
type Palette = Record<(typeof TOKENS)[number], string>;

/** A canvas needs plain colours: the browser resolves each token for the theme that holds now. */
function readPalette(element: HTMLElement): Palette {
  const probe = element.appendChild(document.createElement("span"));
  const palette = Object.fromEntries(
    TOKENS.map((token) => {
      probe.style.color = `var(--${token})`;
      return [token, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return palette as Palette;
}

function drawBehind(plot: uPlot, props: UplotChartProps, palette: Palette): void {
  const { ctx, bbox } = plot;
  const y = (value: number) => plot.valToPos(value, "y", true);
  const x = (time: number) => plot.valToPos(time, "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = palette["critical-soft"];
  for (const span of props.spans) {
    const left = x(span.from);
    ctx.fillRect(left - 2, bbox.top, Math.max(4, x(span.to) - left + 4), bbox.height);
  }
  if (props.expected) {
    const top = y(props.expected.high);
    ctx.fillStyle = palette.band;
    ctx.fillRect(bbox.left, top, bbox.width, Math.max(1, y(props.expected.low) - top));
  }
  ctx.restore();
}

/** Over the grid, whose lines would else hide a threshold at a round number. */
function drawThresholds(plot: uPlot, { thresholds }: UplotChartProps, palette: Palette): void {
  const { ctx, bbox } = plot;
  ctx.save();
  const lines = [
    [thresholds.high, palette.high, [6, 5]],
    [thresholds.critical, palette.critical, []],
  ] as const;
  for (const [value, colour, dash] of lines) {
    const y = value === null ? Number.NaN : plot.valToPos(value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function showTip(plot: uPlot, tip: HTMLElement, props: UplotChartProps): void {
  const index = plot.cursor.idx;
  const time = index == null ? undefined : plot.data[0][index];
  const value = index == null ? undefined : plot.data[1]?.[index];
  tip.hidden = time === undefined || value == null;
  if (time === undefined || value == null) return;
  tip.textContent = `${formatClock(time * 1_000, props.zone)}  ${formatValue(value, props.unit)}`;
  const left = plot.valToPos(time, "x");
  const room = plot.over.clientWidth - tip.offsetWidth;
  tip.style.insetInlineStart = `${Math.max(0, Math.min(room, left + 10))}px`;
}

function makeOptions(newest: () => UplotChartProps, palette: Palette, width: number): uPlot.Options {
  const { height, group } = newest();
  const font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: palette.muted,
    font,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
  };
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, ...(group && { sync: { key: group } }), drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: () => newest().scale } },
    axes: [
      {
        ...axis,
        space: 80,
        size: 28,
        values: (_, ticks) =>
          ticks.map((tick) => {
            const { zone } = newest();
            return tick % 60
              ? formatClock(tick * 1_000, zone)
              : formatMinute(tick * 1_000, zone).replace(" UTC", "");
          }),
      },
      {
        ...axis,
        size: 64,
        values: (_, ticks) => ticks.map((tick) => formatValue(tick, newest().unit)),
      },
    ],
    series: [{}, { stroke: palette.line, width: 1.75, points: { show: false }, spanGaps: false }],
    hooks: {
      init: [(plot) => void plot.over.append(tip)],
      drawClear: [(plot) => drawBehind(plot, newest(), palette)],
      drawAxes: [(plot) => drawThresholds(plot, newest(), palette)],
      setCursor: [(plot) => showTip(plot, tip, newest())],
    },
  };
}

export default function UplotChart(props: UplotChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const { columns, theme, group, zone } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme or zone needs a new drawing
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const make = () => {
      chart.current?.destroy();
      const options = makeOptions(() => newest.current, readPalette(element), element.clientWidth);
      chart.current = new uPlot(options, newest.current.columns, element);
    };
    make();
    const systemTheme = matchMedia("(prefers-color-scheme: dark)");
    systemTheme.addEventListener("change", make);
    const resize = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: newest.current.height }),
    );
    resize.observe(element);
    return () => {
      systemTheme.removeEventListener("change", make);
      resize.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [theme, group, zone]);

  useEffect(() => chart.current?.setData(columns), [columns]);

  return <div ref={host} />;
}
