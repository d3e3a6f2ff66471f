/** The lines grouped by what varies in none of them: what is new or came more often first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { LogTemplate, LogTemplates } from "@/lib/api/types";
import { formatClock, formatCount, formatDateTime, formatDuration, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { templatePagesQuery } from "../queries";
import { GLYPHS, type LogsAsked, newsWord } from "../view-model";

interface TemplateListProps {
  asked: LogsAsked;
  onChoose: (template: LogTemplate) => void;
}

export function TemplateList({ asked, onChoose }: TemplateListProps) {
  const query = useInfiniteQuery(templatePagesQuery(asked));
  return (
    <QueryView
      query={query}
      what="The templates"
      skeleton={<Skeleton height="50vh" label="Grouping the lines" />}
    >
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        const [first] = pages;
        if (!first || !items.length) return <Nothing page={first} />;
        return (
          <div className="section">
            <Summary page={first} />
            <ol className="panel template-list">
              {items.map((template) => (
                <TemplateRow key={rowKey(template)} template={template} onChoose={onChoose} />
              ))}
            </ol>
            {query.hasNextPage && (
              <button
                type="button"
                className="button"
                disabled={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                Show more: {formatCount(items.length)} of {formatCount(first.total)} are shown
              </button>
            )}
          </div>
        );
      }}
    </QueryView>
  );
}

const rowKey = ({ service, level, logger, template, cause }: LogTemplate) =>
  [service, level, logger, template, cause].join("\t");

function Summary({ page }: { page: LogTemplates }) {
  const { zone } = usePreferences();
  const before = Date.parse(page.compared_with.end) - Date.parse(page.compared_with.start);
  return (
    <p className="muted small" role="status">
      {plural(page.total, "template")} from {formatDateTime(page.start, zone)} to{" "}
      {formatClock(page.end, zone)}, held against the {formatDuration(before)} before
      {page.truncated && "; only the newest lines were looked at: narrow the time"}
    </p>
  );
}

function Nothing({ page }: { page: LogTemplates | undefined }) {
  const { zone } = usePreferences();
  return (
    <EmptyState title="No line fits">
      {page && `Looked from ${formatDateTime(page.start, zone)} to ${formatDateTime(page.end, zone)}.`}
    </EmptyState>
  );
}

function TemplateRow({ template, onChoose }: { template: LogTemplate; onChoose: (t: LogTemplate) => void }) {
  const { zone } = usePreferences();
  const news = newsWord(template);
  return (
    <li className="template-row">
      <span className="template-count">{formatCount(template.count)}</span>
      <span className={`log-level log-level-${template.level.toLowerCase()}`}>
        <span aria-hidden="true">{GLYPHS[template.level]}</span> {template.level}
      </span>
      <div className="template-text">
        <button type="button" className="template-button mono" onClick={() => onChoose(template)}>
          <span dir="auto">{template.template || "(an empty line)"}</span>
        </button>
        <span className="muted small break">
          {news && <strong className="template-news">{news}</strong>}
          {template.service}: {news ? template.reason : "as usual"}
          {template.cause && `; root cause ${template.cause}`}
        </span>
      </div>
      <span className="muted small template-seen">
        {formatClock(template.first_seen, zone)} to {formatClock(template.last_seen, zone)}
      </span>
    </li>
  );
}
