/** A chart by keyboard: arrows go from reading to reading, Shift marks a span, Enter takes it. */
import { type KeyboardEvent, useState } from "react";
import type { ChartColumns } from "./chart-model";

interface ChartKeys {
  /** Index of the reading the keyboard is at; null before the first arrow. */
  cursor: number | null;
  /** Where Shift was pressed, if a span is being marked. */
  anchor: number | null;
  onKeyDown: (event: KeyboardEvent) => void;
  onBlur: () => void;
}

/** Steps that an arrow with Ctrl takes: across a chart of thousands in seconds. */
const FAR_SHARE = 20;

export function stepOf(key: string, far: boolean, length: number): number {
  const step = far ? Math.max(1, Math.round(length / FAR_SHARE)) : 1;
  const steps: Record<string, number> = {
    ArrowLeft: -step,
    ArrowRight: step,
    PageUp: -Math.max(1, Math.round(length / FAR_SHARE)),
    PageDown: Math.max(1, Math.round(length / FAR_SHARE)),
    Home: -length,
    End: length,
  };
  return steps[key] ?? 0;
}

export function useChartKeys(
  columns: ChartColumns,
  onPick: ((time: number) => void) | undefined,
  onSelect: ((from: number, to: number) => void) | undefined,
): ChartKeys {
  const [cursor, setCursor] = useState<number | null>(null);
  const [anchor, setAnchor] = useState<number | null>(null);
  const [times] = columns;
  const timeAt = (index: number | null) => (index === null ? undefined : times[index]);

  function take(): void {
    const [from, to] = [timeAt(anchor), timeAt(cursor)];
    if (onSelect && from !== undefined && to !== undefined && from !== to) {
      onSelect(Math.min(from, to), Math.max(from, to));
    } else if (to !== undefined) onPick?.(to);
    setAnchor(null);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter") take();
    const step = stepOf(event.key, event.ctrlKey, times.length);
    if (!step || !times.length) return;
    event.preventDefault();
    const from = cursor ?? (step > 0 ? -1 : times.length);
    setAnchor(event.shiftKey && onSelect ? (anchor ?? Math.max(0, from)) : null);
    setCursor(Math.max(0, Math.min(times.length - 1, from + step)));
  }

  const onBlur = () => {
    setCursor(null);
    setAnchor(null);
  };
  return { cursor, anchor, onKeyDown, onBlur };
}
