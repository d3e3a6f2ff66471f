/** The models as a table that holds tens of thousands of rows: only those in view exist, and only those are fetched. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ModelList, ModelStatus } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount, formatDateTime, formatRange, formatRelative } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import type { RowsWindow } from "@/lib/rows-window";
import { alertRateText, describeModel, type ModelOrder, type SortColumn } from "../view-model";

const MINUTE_MS = 60_000;
const ROW_PX = 39;
const BEYOND = 10;

interface Column {
  title: string;
  sort?: SortColumn;
  number?: true;
}

const COLUMNS: readonly Column[] = [
  { title: "Service", sort: "service" },
  { title: "Metric", sort: "metric" },
  { title: "State", sort: "state" },
  { title: "Trained", sort: "trained" },
  { title: "Samples", sort: "samples", number: true },
  { title: "Alerts", sort: "alerts", number: true },
  { title: "Usual values", number: true },
  { title: "Generation" },
];

export const modelKey = ({ service, metric }: ModelStatus) => `${service}\n${metric}`;

interface ModelTableProps {
  /** The rows that are there: `items[0]` is the list's row number `offset`. */
  models: ModelList & RowsWindow;
  /** These are still the rows of the filters before. */
  renewing: boolean;
  order: ModelOrder;
  onOrder: (order: ModelOrder) => void;
  onOpen: (model: ModelStatus) => void;
  onRange: (first: number, last: number) => void;
}

export function ModelTable({ models, renewing, order, onOrder, onOpen, onRange }: ModelTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const now = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  useLayoutEffect(() => {
    const measure = () => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const rows = useWindowVirtualizer({
    count: models.total,
    estimateSize: () => ROW_PX,
    overscan: BEYOND,
    scrollMargin: top,
  });
  const drawn = rows.getVirtualItems();
  const [first, last] = [drawn[0], drawn.at(-1)];
  const [from, to] = [first?.index ?? 0, last?.index ?? 0];
  useEffect(() => onRange(from, to), [from, to, onRange]);
  return (
    <section
      className={`panel table-box${renewing ? " renewing" : ""}`}
      aria-label="Models by pair"
      aria-busy={renewing}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="model-table" aria-rowcount={models.total + 1}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head key={column.title} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer height={first ? first.start - top : 0} />
          {drawn.map(({ index }) => {
            const model = models.items[index - models.offset];
            return model ? (
              <ModelRow
                key={modelKey(model)}
                model={model}
                now={now}
                index={index}
                measure={rows.measureElement}
                onOpen={onOpen}
              />
            ) : (
              <Spacer key={`row ${index}`} height={ROW_PX} />
            );
          })}
          <Spacer height={last ? rows.getTotalSize() - (last.end - top) : 0} />
        </tbody>
      </table>
    </section>
  );
}

/** Stands for the rows that are not drawn, and for one still being fetched. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className="model-spacer">
      <td colSpan={COLUMNS.length} style={{ blockSize: height }} />
    </tr>
  );
}

interface HeadProps extends Pick<ModelTableProps, "order" | "onOrder"> {
  column: Column;
}

function Head({ column: { title, sort, number }, order, onOrder }: HeadProps) {
  const sorted = sort !== undefined && order.by === sort;
  const Arrow = order.down ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      className={number && "number"}
      aria-sort={sorted ? (order.down ? "descending" : "ascending") : undefined}
    >
      {sort ? (
        <button
          type="button"
          className="sort-button"
          onClick={() => onOrder({ by: sort, down: sorted && !order.down })}
        >
          {title} {sorted && <Arrow aria-hidden="true" size={13} />}
        </button>
      ) : (
        title
      )}
    </th>
  );
}

interface ModelRowProps {
  model: ModelStatus;
  /** Told by the minute, so that the rows need not be drawn each second. */
  now: number;
  index: number;
  measure: (element: HTMLElement | null) => void;
  onOpen: (model: ModelStatus) => void;
}

/** `now` is up to a minute old: what was trained since then was trained just now, not in some seconds. */
function trainedAgo(at: string, now: number): string {
  return formatRelative(at, Math.max(now, Date.parse(at)));
}

const ModelRow = memo(function ModelRow({ model, now, index, measure, onOpen }: ModelRowProps) {
  const { zone } = usePreferences();
  const words = describeModel(model, now, zone);
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2}>
      <th scope="row" title={model.service}>
        <button type="button" className="model-open" onClick={() => onOpen(model)}>
          <bdi>{model.service}</bdi>
        </button>
      </th>
      <td title={model.metric}>{model.title}</td>
      <td className="model-state">
        <span className={`model-word model-${words.tone}`}>
          <span aria-hidden="true">{words.glyph}</span> {words.word}
        </span>
        {words.detail && <span className="break"> {words.detail}</span>}
      </td>
      <td title={model.trained_at ? formatDateTime(model.trained_at, zone) : undefined}>
        {model.trained_at ? trainedAgo(model.trained_at, now) : "never"}
      </td>
      <td className="number">{formatCount(model.samples ?? model.have)}</td>
      <td className="number">{alertRateText(model)}</td>
      <td className="number">
        {model.usual ? formatRange(model.usual.low, model.usual.high, model.unit) : "not learned"}
      </td>
      <td className="model-version">{model.version ?? "none"}</td>
    </tr>
  );
});
