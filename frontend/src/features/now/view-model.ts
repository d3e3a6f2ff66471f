/** What Now says and which services it shows, worked out from one overview. */
import type { Overview, OverviewService, WarmingUp } from "@/lib/api/types";
import { formatMinute, formatRelative } from "@/lib/format";
import type { Zone } from "@/lib/preferences";
import type { SeverityWord } from "@/lib/reading";

export const SHOWN = ["critical", "high", "normal", "blind"] as const;
export type Shown = (typeof SHOWN)[number];

export interface SentencePart {
  kind: Shown;
  count: number;
}

/** "2 critical, 1 high, 21 normal, 1 blind"; blind is said only when there is one. */
export function sentence(overview: Overview): SentencePart[] {
  const parts: SentencePart[] = [
    { kind: "critical", count: overview.severities.Critical ?? 0 },
    { kind: "high", count: overview.severities.High ?? 0 },
    { kind: "normal", count: overview.severities.Normal ?? 0 },
    { kind: "blind", count: overview.blind },
  ];
  return parts.filter((part) => part.kind !== "blind" || part.count > 0);
}

/** A blind service is never put as healthy: its severity is unknown. */
export function serviceSeverity(service: Pick<OverviewService, "severity" | "blind">): SeverityWord {
  return service.blind ? "Unknown" : service.severity;
}

function shownAs(service: OverviewService): Shown {
  const severity = serviceSeverity(service);
  return severity === "Unknown" ? "blind" : (severity.toLowerCase() as Lowercase<typeof severity>);
}

export interface ServiceFilter {
  text: string;
  shown: Shown | null;
}

/** Services whose name holds every word typed, in the order given. */
export function filterServices(
  services: readonly OverviewService[],
  filter: ServiceFilter,
): OverviewService[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return services.filter((service) => {
    const name = service.service.toLowerCase();
    return words.every((word) => name.includes(word)) && (!filter.shown || shownAs(service) === filter.shown);
  });
}

/** "Models are learning: 31 of 50 samples, ready at 14:05 (in 2 min)". */
export function warmingUpText(warming: WarmingUp, now: number, zone: Zone): string {
  const progress = `Models are learning: ${warming.have} of ${warming.need} samples`;
  if (!warming.eta) return `${progress}, the time they will be ready is not known yet`;
  if (Date.parse(warming.eta) <= now) return `${progress}, ready any moment`;
  return `${progress}, ready at ${formatMinute(warming.eta, zone)} (${formatRelative(warming.eta, now)})`;
}
