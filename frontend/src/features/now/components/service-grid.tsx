/** The services' cards, in an order that holds still while they are in use; of thousands only those in view exist. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { OverviewService } from "@/lib/api/types";
import { useStableOrder } from "../stable-order";
import { ServiceCard } from "./service-card";

const nameOf = (service: OverviewService) => service.service;
const CARD_PX = 330;
const GAP_PX = 12;
const HEAD_PX = 43;
const ROW_PX = 50;
/** Rows of cards drawn beyond the window's edges, once those within it can be read. */
const BEYOND = 2;
const FIRST_MS = 300;

const columnsIn = (width: number) => Math.max(1, Math.floor((width + GAP_PX) / (CARD_PX + GAP_PX)));

/** How many cards stand side by side, and how far down the page they begin. */
function useLayout() {
  const list = useRef<HTMLUListElement>(null);
  // Nearly what will be measured: cards drawn first and then found to be out of view would be in vain.
  const [layout, setLayout] = useState(() => ({
    columns: columnsIn(window.innerWidth - 2 * GAP_PX),
    top: window.innerHeight / 2,
  }));
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const columns = columnsIn(element.clientWidth);
      const top = element.getBoundingClientRect().top + window.scrollY;
      setLayout((was) => (was.columns === columns && was.top === top ? was : { columns, top }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    // The body too: what stands above the cards grows and shrinks with the incidents.
    for (const each of [element, document.body]) observer.observe(each);
    return () => observer.disconnect();
  }, []);
  return { list, ...layout };
}

function useRowsBeyond(): number {
  const [beyond, setBeyond] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => startTransition(() => setBeyond(BEYOND)), FIRST_MS);
    return () => clearTimeout(timer);
  }, []);
  return beyond;
}

export function ServiceGrid({ services }: { services: readonly OverviewService[] }) {
  const [shown, hold] = useStableOrder(services, nameOf);
  const { list, columns, top } = useLayout();
  const metrics = Math.max(1, ...services.slice(0, 50).map((each) => Object.keys(each.metrics).length));
  const rows = useWindowVirtualizer({
    count: Math.ceil(shown.length / columns),
    estimateSize: () => HEAD_PX + metrics * ROW_PX,
    gap: GAP_PX,
    overscan: useRowsBeyond(),
    scrollMargin: top,
    initialRect: { width: window.innerWidth, height: window.innerHeight },
  });
  const drawn = rows.getVirtualItems();
  const [first, last] = [drawn[0], drawn.at(-1)];
  return (
    <ul
      ref={list}
      className="service-grid"
      aria-label={`${shown.length} services`}
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        paddingBlockStart: first ? first.start - top : 0,
        paddingBlockEnd: last ? rows.getTotalSize() - (last.end - top) : 0,
      }}
      {...hold}
      onKeyDown={(event) => moveFocus(event, columns)}
    >
      {drawn.flatMap((row) =>
        shown.slice(row.index * columns, (row.index + 1) * columns).map((service, column) => (
          <li
            key={service.service}
            // Cards of a row are as tall as its tallest: the first tells the height of all. Each bears the row's
            // number: one that was first before the order changed is still watched.
            {...(column === 0 && { ref: rows.measureElement })}
            data-index={row.index}
            aria-posinset={row.index * columns + column + 1}
            aria-setsize={shown.length}
          >
            <ServiceCard service={service} />
          </li>
        )),
      )}
    </ul>
  );
}

/** Arrow keys go from card to card, as they stand. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>, columns: number): void {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowDown: columns,
    ArrowLeft: -1,
    ArrowUp: -columns,
  };
  const step = steps[event.key];
  const titles = [...event.currentTarget.querySelectorAll<HTMLElement>(".service-card-name")];
  const at = titles.findIndex((title) => title.matches(":focus"));
  if (step === undefined || at < 0) return;
  event.preventDefault();
  titles[at + step]?.focus();
}
