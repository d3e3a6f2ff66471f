/** What a time chart draws on its canvas besides the line: spans, bands, thresholds, the place picked. */
import type uPlot from "uplot";
import type { Expected } from "@/lib/api/types";
import type { ChartBand, ChartMarker, ChartSpan, ChartThresholds } from "./chart-model";

const TOKENS = [
  "line",
  "band",
  "grid",
  "muted",
  "normal",
  "high",
  "critical",
  "critical-soft",
  "text",
  "accent",
  "accent-soft",
] as const;
export type Palette = Record<(typeof TOKENS)[number], string>;

/** A canvas needs plain colours: the browser resolves each token for the theme that holds now. */
export function readPalette(element: HTMLElement): Palette {
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

export interface Drawn {
  /** What was expected all the time; undefined where each reading has its own, in the plot's columns. */
  common: Expected | null | undefined;
  spans: readonly ChartSpan[];
  bands: readonly ChartBand[];
  thresholds: ChartThresholds;
  markers: readonly ChartMarker[];
  /** The stretch dragged over, as long as the page holds it. */
  selected: ChartSpan | null;
  picked: number | null;
}

const BAND_PX = 6;
/** A range of no height is still there to be seen. */
const LEAST_RANGE_PX = 2;

function within(plot: uPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Whether an edge needs a corner here: most ranges stay the same for thousands of readings. */
function bends(edge: uPlot.AlignedData[1], index: number, first: number, last: number): boolean {
  if (index === first || index === last) return true;
  return edge[index] !== edge[index - 1] || edge[index] !== edge[index + 1];
}

/** One rectangle, as long as the readings reach. */
function fillCommon(plot: uPlot, context: CanvasRenderingContext2D, { low, high }: Expected): void {
  const [times] = plot.data;
  const [from, to] = [times[0], times.at(-1)];
  if (from === undefined || to === undefined) return;
  const [left, right] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
  const [top, bottom] = [plot.valToPos(high, "y", true), plot.valToPos(low, "y", true)];
  const least = LEAST_RANGE_PX * devicePixelRatio;
  const height = Math.max(least, bottom - top);
  context.fillRect(left, Math.min(top, bottom - height), right - left, height);
}

/** The area between what was expected at least and at most, over each stretch where both are known. */
function fillEach(plot: uPlot, context: CanvasRenderingContext2D): void {
  const [times, , lows, highs] = plot.data;
  if (!lows || !highs) return;
  const x = (index: number) => plot.valToPos(times[index] ?? 0, "x", true);
  const y = (value: number) => plot.valToPos(value, "y", true);
  context.lineWidth = LEAST_RANGE_PX * devicePixelRatio;
  for (let first = 0; first < times.length; first++) {
    if (lows[first] == null) continue;
    let last = first;
    while (lows[last + 1] != null) last += 1;
    context.beginPath();
    for (let index = first; index <= last; index++) {
      if (bends(highs, index, first, last)) context.lineTo(x(index), y(highs[index] ?? 0));
    }
    for (let index = last; index >= first; index--) {
      if (bends(lows, index, first, last)) context.lineTo(x(index), y(lows[index] ?? 0));
    }
    context.fill();
    context.stroke();
    first = last;
  }
}

/** Under everything: the stretch selected, the unusual ones, and named ones along the foot. */
export function drawBehind(plot: uPlot, { common, spans, bands, selected }: Drawn, palette: Palette): void {
  const { bbox } = plot;
  const x = (time: number) => plot.valToPos(time, "x", true);
  within(plot, (context) => {
    context.fillStyle = context.strokeStyle = palette.band;
    if (common) fillCommon(plot, context, common);
    else if (common === undefined) fillEach(plot, context);
    if (selected) {
      // The band shows through: inside the stretch, too, one wants to see what was expected.
      context.globalAlpha = 0.75;
      context.fillStyle = palette["accent-soft"];
      context.fillRect(x(selected.from), bbox.top, x(selected.to) - x(selected.from), bbox.height);
      context.globalAlpha = 1;
    }
    context.fillStyle = palette["critical-soft"];
    for (const span of spans) {
      const left = x(span.from);
      context.fillRect(left - 2, bbox.top, Math.max(4, x(span.to) - left + 4), bbox.height);
    }
    const height = BAND_PX * devicePixelRatio;
    for (const band of bands) {
      context.fillStyle = palette[band.tone];
      const left = x(band.from);
      context.fillRect(left, bbox.top + bbox.height - height, Math.max(3, x(band.to) - left), height);
    }
  });
}

/** Over the grid, whose lines would else hide a threshold at a round number. */
export function drawThresholds(plot: uPlot, { thresholds }: Drawn, palette: Palette): void {
  const { bbox } = plot;
  const lines = [
    [thresholds.high, palette.high, [6, 5]],
    [thresholds.critical, palette.critical, []],
  ] as const;
  within(plot, (context) => {
    for (const [value, colour, dash] of lines) {
      if (value === null) continue;
      const y = plot.valToPos(value, "y", true);
      context.strokeStyle = colour;
      context.lineWidth = 1.5 * devicePixelRatio;
      context.setLineDash(dash.map((part) => part * devicePixelRatio));
      context.beginPath();
      context.moveTo(bbox.left, y);
      context.lineTo(bbox.left + bbox.width, y);
      context.stroke();
    }
  });
}

function verticalLine(plot: uPlot, context: CanvasRenderingContext2D, time: number): void {
  const { bbox } = plot;
  const x = plot.valToPos(time, "x", true);
  context.beginPath();
  context.moveTo(x, bbox.top);
  context.lineTo(x, bbox.top + bbox.height);
  context.stroke();
}

/** Over the line: the edges of what is selected, what happened to the service, the place picked. */
export function drawMarks(plot: uPlot, { markers, selected, picked }: Drawn, palette: Palette): void {
  within(plot, (context) => {
    context.lineWidth = 1.5 * devicePixelRatio;
    context.strokeStyle = palette.accent;
    for (const edge of selected ? [selected.from, selected.to] : []) verticalLine(plot, context, edge);
    context.strokeStyle = palette.muted;
    context.fillStyle = palette.muted;
    for (const { at } of markers) {
      context.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      verticalLine(plot, context, at);
      const [x, size] = [plot.valToPos(at, "x", true), 5 * devicePixelRatio];
      context.beginPath();
      context.moveTo(x - size, plot.bbox.top);
      context.lineTo(x + size, plot.bbox.top);
      context.lineTo(x, plot.bbox.top + size * 1.6);
      context.fill();
    }
    context.setLineDash([]);
    if (picked === null) return;
    context.strokeStyle = palette.text;
    context.lineWidth = 2 * devicePixelRatio;
    verticalLine(plot, context, picked);
  });
}
