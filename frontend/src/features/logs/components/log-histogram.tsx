/** How many lines over time, by level; dragging over it narrows the time. */
import { type PointerEvent, useState } from "react";
import { ChartData } from "@/components/chart-data";
import type { LogHistogram } from "@/lib/api/types";
import { formatClock, formatCount, formatDateTime, formatDuration, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { type Bar, bars, barTotal, histogramSummary, LEVELS, type Level, type Tone } from "../view-model";

const HEIGHT = 72;
const TONES: readonly Tone[] = ["bad", "warn", "calm"];
/** Of the width: a drag shorter than this was a click. */
const LEAST_DRAG = 0.004;

interface LogHistogramChartProps {
  histogram: LogHistogram;
  levels: readonly Level[];
  /** Told the time (milliseconds) dragged over, or of the bar clicked. */
  onSelect: (start: number, end: number) => void;
}

export function LogHistogramChart({ histogram, levels, onSelect }: LogHistogramChartProps) {
  const { zone } = usePreferences();
  const drawn = bars(histogram, levels);
  const highest = Math.max(1, ...drawn.map(barTotal));
  const { drag, handlers } = useDrag(drawn, onSelect);
  const peak = drawn.find((bar) => barTotal(bar) === highest);
  return (
    <figure className="log-histogram">
      <svg
        className="log-bars"
        role="img"
        aria-label={histogramSummary(histogram)}
        viewBox={`0 0 ${drawn.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        {...handlers}
      >
        {drag && (
          <rect
            className="log-bars-drag"
            x={drag.left * drawn.length}
            width={(drag.right - drag.left) * drawn.length}
            height={HEIGHT}
          />
        )}
        {drawn.map((bar, index) => (
          <Stack key={bar.start} bar={bar} x={index} scale={HEIGHT / highest}>
            {`${formatDateTime(bar.start, zone)}: ${plural(barTotal(bar), "line")}, ${bar.counts.bad} errors, ${bar.counts.warn} warnings`}
          </Stack>
        ))}
      </svg>
      <figcaption className="log-histogram-foot small muted">
        <span>
          {formatDateTime(histogram.start, zone)} to {formatClock(histogram.end, zone)}
        </span>
        <span>
          <i className="log-key log-key-bad" /> ◆ errors <i className="log-key log-key-warn" /> ▲ warnings{" "}
          <i className="log-key log-key-calm" /> other
        </span>
        <span>
          a bar is {formatDuration(histogram.step * 1_000)}
          {peak &&
            barTotal(peak) > 0 &&
            `; most ${plural(highest, "line")} at ${formatClock(peak.start, zone)}`}
        </span>
        <ChartData
          name={["lines-over-time"]}
          title="Lines over time"
          noun="bars"
          head={["time", ...LEVELS]}
          format={formatCount}
          rows={() =>
            drawn.map((bar, index) => [
              new Date(bar.start).toISOString(),
              ...LEVELS.map((level) => histogram.levels[level]?.[index] ?? 0),
            ])
          }
        />
      </figcaption>
    </figure>
  );
}

interface StackProps {
  bar: Bar;
  x: number;
  scale: number;
  /** What the pointer reads. */
  children: string;
}

function Stack({ bar, x, scale, children }: StackProps) {
  let top = HEIGHT;
  return (
    <g>
      <title>{children}</title>
      <rect className="log-bar-ground" x={x} width={1} height={HEIGHT} />
      {TONES.map((tone) => {
        const height = bar.counts[tone] * scale;
        top -= height;
        return height > 0 ? (
          <rect key={tone} className={`log-bar-${tone}`} x={x + 0.08} y={top} width={0.84} height={height} />
        ) : null;
      })}
    </g>
  );
}

interface Drag {
  /** Both of the width, 0 to 1. */
  left: number;
  right: number;
}

function useDrag(drawn: readonly Bar[], onSelect: LogHistogramChartProps["onSelect"]) {
  const [ends, setEnds] = useState<{ from: number; to: number } | null>(null);
  const share = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
  };
  const drag: Drag | null = ends && {
    left: Math.min(ends.from, ends.to),
    right: Math.max(ends.from, ends.to),
  };
  const [first, last] = [drawn[0], drawn.at(-1)];
  function take(at: number): void {
    if (!ends || !first || !last) return;
    const [left, right] = [Math.min(ends.from, at), Math.max(ends.from, at)];
    const bar = drawn[Math.min(drawn.length - 1, Math.floor(left * drawn.length))];
    const time = (part: number) => first.start + part * (last.end - first.start);
    if (right - left >= LEAST_DRAG) onSelect(time(left), time(right));
    else if (bar) onSelect(bar.start, bar.end);
    setEnds(null);
  }
  const handlers = {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      event.currentTarget.setPointerCapture?.(event.pointerId);
      setEnds({ from: share(event), to: share(event) });
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => ends && setEnds({ ...ends, to: share(event) }),
    onPointerUp: (event: PointerEvent<SVGSVGElement>) => take(share(event)),
    onPointerCancel: () => setEnds(null),
  };
  return { drag, handlers };
}
