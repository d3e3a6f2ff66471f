/** Any number of incidents in one list: only the rows in view are in the page, and only those are fetched. */
import { useWindowVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { IncidentSummary } from "@/lib/api/types";
import { useKeptFocus } from "@/lib/kept-focus";
import type { Selection } from "../use-selection";
import { EmptyLine, IncidentLine } from "./incident-line";

interface VirtualIncidentsProps {
  /** The rows that are there: `items[0]` is the list's row number `offset`. */
  items: readonly IncidentSummary[];
  offset: number;
  total: number;
  selection: Selection;
  search: string;
  onChoose: (id: number, range: boolean) => void;
  onRange: (first: number, last: number) => void;
  /** The row that had the focus last, -1 before the first. */
  active: number;
  /** Told which row has the focus. */
  onActive: (index: number) => void;
  handle: RefObject<ListHandle | null>;
}

export interface ListHandle {
  /** Bring the row into view and the focus to its link. */
  focus: (index: number) => void;
}

const ROW_PX = 40;
const OVERSCAN = 8;

export function VirtualIncidents(props: VirtualIncidentsProps) {
  const { items, offset, total, selection, search, onChoose, onRange, active, onActive, handle } = props;
  const list = useRef<HTMLOListElement>(null);
  const top = useTop(list);
  const rows = useWindowVirtualizer({
    count: total,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => items[index - offset]?.id ?? `row ${index}`,
  });
  const drawn = rows.getVirtualItems();
  const [first, last] = [drawn[0]?.index ?? 0, drawn.at(-1)?.index ?? 0];
  useEffect(() => onRange(first, last), [first, last, onRange]);
  useFocusHandle(handle, list, rows);
  // An act may take the row out of the list; one that was scrolled away has none in its place.
  const kept = useKeptFocus(() => {
    const next = Math.min(active, total - 1);
    list.current?.querySelector<HTMLElement>(`[data-index="${next}"] a`)?.focus({ preventScroll: true });
  });
  return (
    <ol ref={list} className="panel virtual-list" style={{ blockSize: rows.getTotalSize() }} {...kept}>
      {drawn.map(({ index, start, key }) => {
        const incident = items[index - offset];
        return (
          <li
            key={key}
            ref={rows.measureElement}
            data-index={index}
            aria-setsize={total}
            aria-posinset={index + 1}
            onFocus={() => onActive(index)}
            style={{ transform: `translateY(${start - top}px)` }}
          >
            {incident ? (
              <IncidentLine
                incident={incident}
                chosen={selection.ids.has(incident.id)}
                search={search}
                onChoose={onChoose}
              />
            ) : (
              <EmptyLine />
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** Where the list begins on the page; what stands above it may grow. */
function useTop(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = list.current?.getBoundingClientRect();
    const now = box ? box.top + window.scrollY : 0;
    if (Math.abs(now - top) > 1) setTop(now);
  });
  return top;
}

/** A row that is far away is drawn, and perhaps fetched, only after scrolling: the focus waits for it. */
function useFocusHandle(
  handle: RefObject<ListHandle | null>,
  list: RefObject<HTMLElement | null>,
  rows: Virtualizer<Window, Element>,
): void {
  const wanted = useRef<number | null>(null);
  const take = () => {
    if (wanted.current === null) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"] a`);
    if (!link) return;
    wanted.current = null;
    // The list scrolls it to the window's edge, where the bar is; the browser knows of that.
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest" });
  };
  useEffect(take);
  useImperativeHandle(handle, () => ({
    focus(index) {
      wanted.current = index;
      rows.scrollToIndex(index, { align: "auto" });
      take();
    },
  }));
}
