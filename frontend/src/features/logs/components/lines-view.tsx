/** The lines of a range, newest first, fetched page by page as one scrolls. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { LogPage, LogRow, LogSource } from "@/lib/api/types";
import { formatCount, formatDateTime, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { copyText } from "../copy";
import { linePagesQuery } from "../queries";
import { describeSource, type LogsAsked, lineText } from "../view-model";
import { LogRows } from "./log-rows";

interface LinesViewProps {
  asked: LogsAsked;
  sources: readonly LogSource[];
  onClear: () => void;
}

export function LinesView({ asked, sources, onClear }: LinesViewProps) {
  const query = useInfiniteQuery(linePagesQuery(asked));
  return (
    <QueryView
      query={query}
      what="The log lines"
      skeleton={<Skeleton height="60vh" label="Loading the logs" />}
    >
      {({ pages }) => {
        const [first] = pages;
        if (!first?.lines.length) return <Nothing page={first} {...{ asked, sources, onClear }} />;
        return <Pages query={query} pages={pages} first={first} asked={asked} />;
      }}
    </QueryView>
  );
}

interface PagesProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  pages: readonly LogPage[];
  first: LogPage;
  asked: LogsAsked;
}

function Pages({ query, pages, first, asked }: PagesProps) {
  const { zone } = usePreferences();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows: LogRow[] = useMemo(() => pages.flatMap((page) => page.lines.toReversed()), [pages]);
  const onNearEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <div className="section">
      <div className="row row-spread">
        <p className="muted small" role="status">
          {plural(first.total, "line")}, newest first; {formatCount(rows.length)} loaded, as of{" "}
          {formatDateTime(first.end, zone)}
        </p>
        <button
          type="button"
          className="button button-small"
          onClick={() => void copyText(rows.toReversed().map(lineText).join("\n"))}
        >
          Copy the {plural(rows.length, "loaded line")}
        </button>
      </div>
      <LogRows rows={rows} label="Log lines" withService={asked.service.length !== 1} onNearEnd={onNearEnd} />
      {isFetchingNextPage && <p className="muted small">Loading older lines…</p>}
    </div>
  );
}

function Nothing({ page, asked, sources, onClear }: LinesViewProps & { page: LogPage | undefined }) {
  const { zone } = usePreferences();
  const filtered = Boolean(asked.level.length || asked.q || asked.template);
  return (
    <EmptyState title="No line fits">
      {page && `Looked from ${formatDateTime(page.start, zone)} to ${formatDateTime(page.end, zone)}`}
      {` in ${plural(sources.length, "file")}.`}
      <ul>
        {sources.map((source) => (
          <li key={source.path}>{describeSource(source)}</li>
        ))}
      </ul>
      {filtered && (
        <button type="button" className="button" onClick={onClear}>
          Clear level, text and template
        </button>
      )}
    </EmptyState>
  );
}
