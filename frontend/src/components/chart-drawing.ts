/** What a time chart draws on its canvas besides the line: spans, bands, thresholds, the place picked. */
import type uPlot from "uplot";
import type { ChartBand, ChartSpan, ChartThresholds } from "./chart-model";

const TOKENS = ["line", "band", "grid", "muted", "high", "critical", "critical-soft", "text"] as const;
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
  spans: readonly ChartSpan[];
  bands: readonly ChartBand[];
  thresholds: ChartThresholds;
  picked: number | null;
}

const BAND_PX = 6;

function within(plot: uPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Under everything: the unusual stretches, and named ones along the foot. */
export function drawBehind(plot: uPlot, { spans, bands }: Drawn, palette: Palette): void {
  const { bbox } = plot;
  const x = (time: number) => plot.valToPos(time, "x", true);
  within(plot, (context) => {
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

export function drawPicked(plot: uPlot, { picked }: Drawn, palette: Palette): void {
  if (picked === null) return;
  const { bbox } = plot;
  within(plot, (context) => {
    const x = plot.valToPos(picked, "x", true);
    context.strokeStyle = palette.text;
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
  });
}
