/** The services' cards, in an order that holds still while they are in use. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { OverviewService } from "@/lib/api/types";
import { useStableOrder } from "../stable-order";
import { ServiceCard } from "./service-card";

const nameOf = (service: OverviewService) => service.service;
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function ServiceGrid({ services }: { services: readonly OverviewService[] }) {
  const [shown, hold] = useStableOrder(services, nameOf);
  return (
    <ul className="service-grid" {...hold} onKeyDown={moveFocus}>
      {shown.map((service) => (
        <DrawnInView key={service.service} rows={Object.keys(service.metrics).length}>
          {(inView) => <ServiceCard service={service} drawn={inView} />}
        </DrawnInView>
      ))}
    </ul>
  );
}

/** Arrow keys go from card to card. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const step = STEPS[event.key];
  const titles = [...event.currentTarget.querySelectorAll<HTMLElement>(".service-card-name")];
  const at = titles.findIndex((title) => title.matches(":focus"));
  if (step === undefined || at < 0) return;
  event.preventDefault();
  titles[at + step]?.focus();
}

const HEAD_PX = 46;
const ROW_PX = 50;

interface DrawnInViewProps {
  rows: number;
  children: (inView: boolean) => React.ReactNode;
}

/** Of hundreds of cards only those near the window are drawn; the others keep their place by height. */
function DrawnInView({ rows, children }: DrawnInViewProps) {
  const item = useRef<HTMLLIElement>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    const element = item.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      (entries) => setInView(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: "300px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <li ref={item} style={inView ? undefined : { minBlockSize: HEAD_PX + rows * ROW_PX }}>
      {children(inView)}
    </li>
  );
}
