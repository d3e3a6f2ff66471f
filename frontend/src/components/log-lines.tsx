/** Log lines as they were written; those that explain an event stand out and are scrolled to. */
import { memo, useLayoutEffect, useRef } from "react";
import type { LogEntry } from "@/lib/api/types";
import { formatClock } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import "./log-lines.css";

interface LogLinesProps {
  lines: readonly LogEntry[];
  label: string;
  /** Show the line nearest to this time (RFC 3339) instead of the first that explains the event. */
  at?: string;
}

const ROOM_ABOVE_PX = 48;

export function LogLines({ lines, label, at }: LogLinesProps) {
  const box = useRef<HTMLElement>(null);
  const firstMarked = lines.find((line) => line.explains);
  const here = at === undefined ? -1 : nearestLine(lines, at);
  const anchor = at ?? (firstMarked ? `${firstMarked.timestamp} ${firstMarked.message}` : "");
  // biome-ignore lint/correctness/useExhaustiveDependencies: scroll again only when another line comes first
  useLayoutEffect(() => {
    const place = here < 0 ? ".log-line-marked" : "[data-here]";
    const line = box.current?.querySelector<HTMLElement>(place);
    if (box.current && line) box.current.scrollTop = line.offsetTop - ROOM_ABOVE_PX;
  }, [anchor, lines.length === 0]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section ref={box} className="panel log-box" aria-label={label} tabIndex={0}>
      <ol>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: log lines have no identity and may repeat
          <LogLine key={`${line.timestamp} ${index}`} line={line} here={index === here} />
        ))}
      </ol>
    </section>
  );
}

/** Index of the line written nearest to the time; -1 when there is none. */
function nearestLine(lines: readonly LogEntry[], at: string): number {
  const distances = lines.map((line) => Math.abs(Date.parse(line.timestamp) - Date.parse(at)));
  return distances.indexOf(Math.min(...distances));
}

const LogLine = memo(function LogLine({ line, here }: { line: LogEntry; here: boolean }) {
  const { zone } = usePreferences();
  return (
    <li className={line.explains ? "log-line log-line-marked" : "log-line"} data-here={here || undefined}>
      <time dateTime={line.timestamp} className="log-time">
        {formatClock(line.timestamp, zone)}
      </time>
      <span className={`log-level log-level-${line.level.toLowerCase()}`}>{line.level}</span>
      <div className="log-text">
        {line.explains && <span className="log-why">explains{line.reason && `: ${line.reason}`}</span>}
        <span className="log-message">
          {line.logger && (
            <bdi className="log-meta" title={line.logger}>
              {shortLogger(line.logger)}
            </bdi>
          )}
          <bdi>{line.message}</bdi>
          {line.count > 1 && <span className="log-count"> × {line.count}</span>}
          {line.trace_id && <span className="log-meta"> trace {line.trace_id}</span>}
        </span>
        {line.stack_trace && <StackTrace text={line.stack_trace} />}
      </div>
    </li>
  );
});

/** The class alone: the package is the same for most lines and pushes the message out of sight. */
function shortLogger(logger: string): string {
  return logger.slice(logger.lastIndexOf(".") + 1);
}

function StackTrace({ text }: { text: string }) {
  const frames = text.trimEnd().split("\n");
  return (
    <details className="log-stack">
      <summary>
        {frames[0]} <span className="muted">({frames.length} lines)</span>
      </summary>
      <pre>{text}</pre>
    </details>
  );
}
