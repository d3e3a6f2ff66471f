/** All that is kept of one line, what was logged around it, and where to go from it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { QueryView, Skeleton } from "@/components/ui/states";
import type { LogContext, LogRow } from "@/lib/api/types";
import { formatClock, formatCount, formatDateTime } from "@/lib/format";
import { logsPath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { copyText } from "../copy";
import { contextQuery } from "../queries";
import { GLYPHS, lineText, metricsPath } from "../view-model";

const FIRST_CONTEXT = 10;
const MOST_CONTEXT = 500;
const MORE = 5;

export function LogDetails({ row }: { row: LogRow }) {
  const [around, setAround] = useState(0);
  return (
    <div className="log-details">
      {row.cut ? <Whole id={row.id} /> : <Text row={row} />}
      <Fields row={row} />
      <div className="row">
        <button
          type="button"
          className="button button-small"
          aria-expanded={around > 0}
          onClick={() => setAround(around ? 0 : FIRST_CONTEXT)}
        >
          {around ? "Hide the lines around it" : "Show the lines around it"}
        </button>
        <button type="button" className="button button-small" onClick={() => void copyText(lineText(row))}>
          Copy the line
        </button>
        <Link className="button button-small" to={logsPath(row.service, row.timestamp)}>
          What explains this moment
        </Link>
        <Link className="button button-small" to={metricsPath(row)}>
          The metrics then
        </Link>
      </div>
      {around > 0 && (
        <Context
          id={row.id}
          around={around}
          onMore={() => setAround(Math.min(MOST_CONTEXT, around * MORE))}
        />
      )}
    </div>
  );
}

function Text({ row }: { row: LogRow }) {
  return (
    <pre className="log-whole" dir="auto">
      {row.message}
      {row.stack_trace && `\n${row.stack_trace.trimEnd()}`}
    </pre>
  );
}

/** A list carries the start of a huge line only; this fetches the rest. */
function Whole({ id }: { id: number }) {
  const query = useQuery(contextQuery(id, 0));
  return (
    <QueryView query={query} what="The line" skeleton={<Skeleton height={120} label="Loading the line" />}>
      {({ line }) => (
        <>
          <p className="muted small">
            {formatCount(line.message.length + line.stack_trace.length)} characters
          </p>
          <Text row={line} />
        </>
      )}
    </QueryView>
  );
}

function Fields({ row }: { row: LogRow }) {
  const { zone } = usePreferences();
  const fields = Object.entries({
    time: formatDateTime(row.timestamp, zone),
    service: row.service,
    logger: row.logger,
    thread: row.thread,
    trace: row.trace_id,
  }).filter(([, value]) => value);
  return (
    <dl className="log-fields small">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface ContextProps {
  id: number;
  around: number;
  onMore: () => void;
}

function Context({ id, around, onMore }: ContextProps) {
  const query = useQuery(contextQuery(id, around));
  return (
    <QueryView
      query={query}
      what="The lines around it"
      skeleton={<Skeleton height={200} label="Loading the lines around it" />}
    >
      {(context) => (
        <>
          <ContextLines context={context} />
          {around < MOST_CONTEXT && (
            <button type="button" className="button button-small" onClick={onMore}>
              Show more around it
            </button>
          )}
        </>
      )}
    </QueryView>
  );
}

function ContextLines({ context }: { context: LogContext }) {
  const { zone } = usePreferences();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className="panel log-context" aria-label="The lines around it" tabIndex={0}>
      <ol>
        {context.lines.map((line) => (
          <li
            key={line.id}
            className="log-context-line"
            aria-current={line.id === context.line.id || undefined}
          >
            <time dateTime={line.timestamp} className="log-time">
              {formatClock(line.timestamp, zone)}
            </time>
            <span className={`log-level log-level-${line.level.toLowerCase()}`}>
              <span aria-hidden="true">{GLYPHS[line.level]}</span> {line.level}
            </span>
            <span className="log-message" dir="auto">
              {line.message}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
