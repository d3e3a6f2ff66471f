/** One stored line: one row of text, which opens to all that is kept of it. */
import { memo } from "react";
import type { LogRow } from "@/lib/api/types";
import { formatClock } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { GLYPHS, shortLogger } from "../view-model";
import { LogDetails } from "./log-details";

/** A row shows no more of a huge line: the browser would lay all of it out. */
const SHOWN = 400;

interface LogRowLineProps {
  row: LogRow;
  withService: boolean;
  open: boolean;
  /** The one row that Tab reaches; arrows go on from there. */
  active: boolean;
  onToggle: (id: number) => void;
}

export const LogRowLine = memo(function LogRowLine(props: LogRowLineProps) {
  const { row, withService, open, active, onToggle } = props;
  const { zone } = usePreferences();
  return (
    <>
      <button
        type="button"
        className={`log-row log-row-${row.level.toLowerCase()}`}
        aria-expanded={open}
        tabIndex={active ? 0 : -1}
        onClick={() => onToggle(row.id)}
      >
        <time dateTime={row.timestamp} className="log-time">
          {formatClock(row.timestamp, zone)}
        </time>
        <span className={`log-level log-level-${row.level.toLowerCase()}`}>
          <span aria-hidden="true">{GLYPHS[row.level]}</span> {row.level}
        </span>
        {withService && <bdi className="log-row-service">{row.service}</bdi>}
        <span className="log-row-text">
          {row.logger && <bdi className="log-meta">{shortLogger(row.logger)}</bdi>}
          <bdi>{row.message.slice(0, SHOWN)}</bdi>
          {row.stack_trace && <span className="log-meta"> + stack trace</span>}
        </span>
      </button>
      {open && <LogDetails row={row} />}
    </>
  );
});
