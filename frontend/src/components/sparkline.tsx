/** The newest values as a line inside the range the model has learned. */
import { memo } from "react";
import type { Expected } from "@/lib/api/types";
import { sparklineShape } from "./sparkline-geometry";
import "./sparkline.css";

const BOX = { width: 120, height: 32 };

interface SparklineProps {
  values: readonly (number | null)[];
  expected: Expected | null;
  unit: string;
  /** The newest value is old: drawn pale. */
  stale?: boolean;
}

/** Decoration for the numbers beside it, so hidden from screen readers. */
export const Sparkline = memo(function Sparkline({ values, expected, unit, stale = false }: SparklineProps) {
  const { path, band, last } = sparklineShape(values, expected, unit, BOX);
  return (
    <svg
      className={stale ? "sparkline sparkline-stale" : "sparkline"}
      viewBox={`0 0 ${BOX.width} ${BOX.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {band && (
        <rect className="sparkline-band" x={0} y={band.y} width={BOX.width} height={band.height} rx={2} />
      )}
      {path && <path className="sparkline-line" d={path} />}
      {last && (
        <path
          className={last.outside ? "sparkline-dot sparkline-dot-outside" : "sparkline-dot"}
          d={`M${last.x} ${last.y}h0`}
        />
      )}
    </svg>
  );
});
