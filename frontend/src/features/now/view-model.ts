/** What Now says and which services it shows, worked out from one overview. */
import type { Artefact, Overview, OverviewService, WarmingUp } from "@/lib/api/types";
import { formatMinute, formatRelative } from "@/lib/format";
import type { Zone } from "@/lib/preferences";

export const STANDINGS = ["critical", "high", "normal", "learning", "blind"] as const;
export type Standing = (typeof STANDINGS)[number];

/** Said only when there are some: a quiet system's sentence stays short. */
const RARE: readonly Standing[] = ["learning", "blind"];

/** How a service is doing; while one of its metrics has no model yet, or none is scored, it is never put as healthy. */
export function standingOf(service: OverviewService): Standing {
  if (service.blind) return "blind";
  if (service.severity !== "Normal") return service.severity === "Critical" ? "critical" : "high";
  const states = Object.values(service.metrics).map((metric) => metric.state);
  if (states.includes("no_model")) return "learning";
  return states.includes("scored") ? "normal" : "blind";
}

/** Some of its metrics have models already. */
export function learnsInPart(service: OverviewService): boolean {
  return Object.values(service.metrics).some((metric) => metric.state === "scored");
}

/** What happened to the service, each thing once: its metrics all tell of the same restart. */
export function artefactsOf(service: OverviewService): Artefact[] {
  const byKind = new Map<string, Artefact>();
  for (const { artefact } of Object.values(service.metrics))
    if (artefact) byKind.set(artefact.kind, artefact);
  return [...byKind.values()];
}

export interface Coverage {
  watched: OverviewService[];
  /** Services that have none of the metrics asked for: nothing to watch, which is not the same as blind. */
  uncovered: OverviewService[];
}

/**
 * Parts the services that have at least one of the metrics from those that never had any (a kubelet has no latency).
 * Where not one has any, the metrics are wrong and not the services: then all of them stay, and are blind.
 */
export function coverageOf(overview: Overview): Coverage {
  const uncovered = overview.services.filter(hasNoSeries);
  if (uncovered.length === overview.services.length) return { watched: overview.services, uncovered: [] };
  return { watched: overview.services.filter((service) => !hasNoSeries(service)), uncovered };
}

/** A reading that Prometheus has no series for has no time either; one that went stale keeps its own. */
function hasNoSeries(service: OverviewService): boolean {
  const metrics = Object.values(service.metrics);
  return (
    service.open_incidents === 0 &&
    metrics.every((metric) => metric.state === "stale" && metric.event_ts === null)
  );
}

export interface SentencePart {
  kind: Standing;
  count: number;
}

/** "2 critical, 1 high, 21 normal, 1 blind": counted from the cards themselves, so that both agree. */
export function sentence(services: readonly OverviewService[]): SentencePart[] {
  const standings = services.map(standingOf);
  return STANDINGS.map((kind) => ({ kind, count: standings.filter((each) => each === kind).length })).filter(
    ({ kind, count }) => count > 0 || !RARE.includes(kind),
  );
}

export interface ServiceFilter {
  text: string;
  shown: Standing | null;
}

/** Services whose name holds every word typed, in the order given. */
export function filterServices(
  services: readonly OverviewService[],
  filter: ServiceFilter,
): OverviewService[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return services.filter((service) => {
    const name = service.service.toLowerCase();
    return (
      words.every((word) => name.includes(word)) && (!filter.shown || standingOf(service) === filter.shown)
    );
  });
}

/** "Models are learning: 31 of 50 samples, ready at 14:05 (in 2 min)". */
export function warmingUpText(warming: WarmingUp, now: number, zone: Zone): string {
  const progress = `Models are learning: ${warming.have} of ${warming.need} samples`;
  if (!warming.eta) return `${progress}, the time they will be ready is not known yet`;
  if (Date.parse(warming.eta) <= now) return `${progress}, ready any moment`;
  return `${progress}, ready at ${formatMinute(warming.eta, zone)} (${formatRelative(warming.eta, now)})`;
}
