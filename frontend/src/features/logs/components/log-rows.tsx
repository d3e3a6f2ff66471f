/** Any number of lines, newest first: only the rows in view are in the page; arrows go from row to row. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { LogRow } from "@/lib/api/types";
import { useShortcuts } from "@/lib/keys";
import { LogRowLine } from "./log-row";

interface LogRowsProps {
  rows: readonly LogRow[];
  label: string;
  withService: boolean;
  onNearEnd?: () => void;
}

const ROW_PX = 25;
const OVERSCAN = 20;

export function LogRows({ rows, label, withService, onNearEnd }: LogRowsProps) {
  const list = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [active, setActive] = useState<number | null>(null);
  useLayoutEffect(() => {
    const box = list.current?.getBoundingClientRect();
    if (box) setTop(box.top + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const drawn = virtual.getVirtualItems();
  const nearEnd = (drawn.at(-1)?.index ?? 0) >= rows.length - OVERSCAN;
  useEffect(() => {
    if (nearEnd) onNearEnd?.();
  }, [nearEnd, onNearEnd]);
  const toggle = useCallback((id: number) => {
    setActive(id);
    setOpen((known) => {
      const next = new Set(known);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === active),
  );
  function go(to: number): void {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    const row = rows[index];
    if (!row) return;
    setActive(row.id);
    virtual.scrollToIndex(index);
    // The row may have to be drawn first.
    requestAnimationFrame(() => {
      list.current?.querySelector<HTMLElement>(`[data-index="${index}"] > .log-row`)?.focus();
    });
  }
  useShortcuts("Log lines", [
    { keys: "j", does: "The next line", run: () => go(active === null ? 0 : at + 1), keyOnly: true },
    { keys: "k", does: "The line before", run: () => go(at - 1), keyOnly: true },
  ]);
  function onKeyDown(event: KeyboardEvent): void {
    const onRow = event.target instanceof Element && event.target.classList.contains("log-row");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (!onRow || to === undefined) return;
    event.preventDefault();
    go(to);
  }
  return (
    <ol
      ref={list}
      className="panel log-rows"
      aria-label={label}
      onKeyDown={onKeyDown}
      style={{ blockSize: virtual.getTotalSize() }}
    >
      {drawn.map(({ index, start }) => {
        const row = rows[index];
        return (
          row && (
            <li
              key={row.id}
              ref={virtual.measureElement}
              data-index={index}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start - top}px)` }}
            >
              <LogRowLine
                row={row}
                withService={withService}
                open={open.has(row.id)}
                active={index === at}
                onToggle={toggle}
              />
            </li>
          )
        );
      })}
    </ol>
  );
}
