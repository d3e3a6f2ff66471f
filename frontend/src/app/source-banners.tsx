/** What Canopy itself cannot see or write, and since when: blind is never shown as healthy. */
import { useQuery } from "@tanstack/react-query";
import { readyQuery } from "@/lib/api/queries";
import type { Ready } from "@/lib/api/types";
import { formatMinute } from "@/lib/format";
import { usePreferences, type Zone } from "@/lib/preferences";

type Dependency = Ready["dependencies"][string];

const WORDS: Record<string, { down: string; degraded: string; fallback: string }> = {
  prometheus: { down: "Blind", degraded: "Partly blind", fallback: "Prometheus cannot be reached." },
  logs: { down: "Without logs", degraded: "Some logs missing", fallback: "The logs cannot be read." },
  storage: {
    down: "Nothing is being saved",
    degraded: "Saving with trouble",
    fallback: "The storage cannot be written.",
  },
};

export function bannerText(name: string, dependency: Dependency, zone: Zone): string | null {
  if (dependency.state !== "down" && dependency.state !== "degraded") return null;
  const words = WORDS[name] ?? {
    down: `${name} is down`,
    degraded: `${name} is degraded`,
    fallback: "No reason was given.",
  };
  const since = dependency.since ? ` since ${formatMinute(dependency.since, zone)}` : "";
  return `${words[dependency.state]}${since}: ${dependency.detail || words.fallback}`;
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
