/** Where a sparkline's line and band lie; the scale comes from the learned range, so noise stays small. */
import type { Expected } from "@/lib/api/types";
import { withLeastSpan } from "./least-span";

export interface Box {
  width: number;
  height: number;
}

export interface SparklineShape {
  path: string;
  band: { y: number; height: number } | null;
  last: { x: number; y: number; outside: boolean } | null;
}

const PADDING = 0.12;
/** Without a learned range a line spans at least this share of its own size. */
const LEAST_SPAN = 0.5;

/** Lowest and highest value drawn: the union of the learned range and the data, with air around it. */
export function scaleOf(
  values: readonly (number | null)[],
  expected: Expected | null,
  unit: string,
): [number, number] {
  const known = values.filter((value) => value !== null);
  if (expected) known.push(expected.low, expected.high);
  if (known.length === 0) return [0, 1];
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (!expected) {
    const middle = (low + high) / 2;
    const half = Math.max((high - low) / 2, (Math.abs(middle) * LEAST_SPAN) / 2);
    [low, high] = [middle - half, middle + half];
  }
  [low, high] = withLeastSpan(low, high, unit);
  const air = (high - low) * PADDING;
  return [low - air, high + air];
}

export function sparklineShape(
  values: readonly (number | null)[],
  expected: Expected | null,
  unit: string,
  box: Box,
): SparklineShape {
  const [low, high] = scaleOf(values, expected, unit);
  const y = (value: number) => box.height * (1 - (value - low) / (high - low));
  const x = (index: number) => (values.length > 1 ? (index / (values.length - 1)) * box.width : box.width);
  let path = "";
  let pen = "M";
  values.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    path += `${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  const newest = values.at(-1);
  return {
    path,
    band: expected && { y: y(expected.high), height: Math.max(1, y(expected.low) - y(expected.high)) },
    last:
      newest === null || newest === undefined
        ? null
        : {
            x: x(values.length - 1),
            y: y(newest),
            outside: expected !== null && (newest < expected.low || newest > expected.high),
          },
  };
}
