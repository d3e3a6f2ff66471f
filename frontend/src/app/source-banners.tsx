/** What Canopy itself cannot see or write, and since when: blind is never shown as healthy. */
import { useQuery } from "@tanstack/react-query";
import { readyQuery } from "@/lib/api/queries";
import type { Ready } from "@/lib/api/types";
import { formatMinute } from "@/lib/format";
import { usePreferences, type Zone } from "@/lib/preferences";

type Dependency = Ready["dependencies"][string];

const WORDS: Record<string, { down: string; degraded: string }> = {
  prometheus: { down: "Blind", degraded: "Partly blind" },
  logs: { down: "Without logs", degraded: "Some logs are missing" },
  datasets: { down: "Readings are not being kept", degraded: "Some readings are not being kept" },
  incidents: { down: "Incidents are not being kept", degraded: "Some incidents are not being kept" },
  seasons: { down: "Without earlier weeks", degraded: "Without earlier weeks" },
  models: { down: "Models are not working", degraded: "Some models are not working" },
};

export function bannerText(name: string, dependency: Dependency, zone: Zone): string | null {
  if (dependency.state !== "down" && dependency.state !== "degraded") return null;
  const words = WORDS[name]?.[dependency.state] ?? `${name} is ${dependency.state}`;
  const since = dependency.since ? ` since ${formatMinute(dependency.since, zone)}` : "";
  return `${words}${since}: ${dependency.detail || "no reason was given"}`;
}

export function SourceBanners() {
  const { data } = useQuery(readyQuery);
  const { zone } = usePreferences();
  return Object.entries(data?.dependencies ?? {}).map(([name, dependency]) => {
    const text = bannerText(name, dependency, zone);
    return (
      text && (
        <div key={name} className={`banner banner-${dependency.state}`} role="alert">
          {text}
        </div>
      )
    );
  });
}

/** In their place, where the answer cannot be read: what is not known is not healthy. */
export function SourcesUnknown({ error }: { error: Error }) {
  return (
    <div className="banner banner-degraded" role="alert">
      Whether Canopy sees all of its sources cannot be told: the server's answer has another shape than this
      screen knows. After an update of Canopy, load it again. ({error.message})
    </div>
  );
}
