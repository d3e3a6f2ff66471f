/** Any number of incidents in one list: only the rows in view are in the page. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { IncidentRow } from "@/components/incident-row";
import type { IncidentSummary } from "@/lib/api/types";

interface VirtualIncidentsProps {
  incidents: readonly IncidentSummary[];
  total: number;
  onNearEnd: () => void;
}

const ROW_PX = 43;
const OVERSCAN = 12;

export function VirtualIncidents({ incidents, total, onNearEnd }: VirtualIncidentsProps) {
  const list = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = list.current?.getBoundingClientRect();
    if (box) setTop(box.top + window.scrollY);
  }, []);
  const rows = useWindowVirtualizer({
    count: incidents.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => incidents[index]?.id ?? index,
  });
  const drawn = rows.getVirtualItems();
  const nearEnd = (drawn.at(-1)?.index ?? 0) >= incidents.length - OVERSCAN;
  useEffect(() => {
    if (nearEnd) onNearEnd();
  }, [nearEnd, onNearEnd]);
  return (
    <ol ref={list} className="panel virtual-list" style={{ blockSize: rows.getTotalSize() }}>
      {drawn.map(({ index, start }) => {
        const incident = incidents[index];
        return (
          incident && (
            <li
              key={incident.id}
              ref={rows.measureElement}
              data-index={index}
              aria-setsize={total}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start - top}px)` }}
            >
              <IncidentRow incident={incident} />
            </li>
          )
        );
      })}
    </ol>
  );
}
