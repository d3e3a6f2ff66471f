/** What happened while nobody looked: new incidents and work that has ended, for the tab's badge. */
import { skipToken, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { backtestQuery, watchedKey } from "@/features/backtest/queries";
import { retrainQuery } from "@/features/models/queries";
import { isBackground } from "@/features/models/view-model";
import { announce } from "@/lib/announce";
import { incidentsQuery } from "@/lib/api/queries";
import { plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";

/** The value before the newest one that is known. */
function useChange<T>(value: T | undefined, tell: (before: T, now: T) => void): void {
  const before = useRef<T | undefined>(undefined);
  const newest = useRef(tell);
  newest.current = tell;
  useEffect(() => {
    if (value === undefined) return;
    if (before.current !== undefined && before.current !== value) newest.current(before.current, value);
    before.current = value;
  }, [value]);
}

const ENDED = { done: "is done", failed: "has failed", cancelled: "was cancelled" } as const;
interface Job {
  id: string;
  state: keyof typeof ENDED | "running";
}

/** One job runs at a time: where another stands in its place it has ended, though how is not known. */
function useJobEnd(name: string, job: Job | null | undefined): void {
  useChange(job, (before, now) => {
    if (before?.state !== "running") return;
    if (now?.id !== before.id) announce(`The ${name} has ended.`);
    else if (now.state !== "running") announce(`The ${name} ${ENDED[now.state]}.`);
  });
}

/** The backtest begun in this tab, wherever its reader has gone since. */
function useWatchedBacktest(): Job | undefined {
  const { data: id = "" } = useQuery<string>({ queryKey: watchedKey, queryFn: skipToken });
  const { data } = useQuery({ ...backtestQuery(id), enabled: id !== "" });
  return data;
}

/** When the tab was hidden; null while it is looked at. */
function useHiddenSince(): number | null {
  const [since, setSince] = useState(() => (document.hidden ? Date.now() : null));
  useEffect(() => {
    const note = () => setSince(document.hidden ? Date.now() : null);
    document.addEventListener("visibilitychange", note);
    return () => document.removeEventListener("visibilitychange", note);
  }, []);
  return since;
}

/** Incidents are numbered as they open: how many are new is the newest's number less what it was when the tab was hidden. */
function NewIncidents({ since }: { since: number }): null {
  const { data } = useQuery({
    ...incidentsQuery({ sort: "-opened_at", limit: 1 }),
    queryKey: ["incidents", "newest", String(since)],
    gcTime: 0,
  });
  const { OPEN = 0, ACKNOWLEDGED = 0 } = data?.counts.status ?? {};
  useChange(data && (data.items[0]?.id ?? 0), (before, now) => {
    const many = now - before;
    if (many > 0) announce(`${plural(many, "new incident")}; ${OPEN + ACKNOWLEDGED} not resolved.`, many);
  });
  return null;
}

export function News() {
  const { refresh } = usePreferences();
  const since = useHiddenSince();
  const { data: job } = useQuery(retrainQuery);
  useJobEnd("retrain", job && isBackground(job) ? null : job);
  useJobEnd("backtest", useWatchedBacktest());
  // Nothing tells of an incident while paused: a first number would be asked for in vain.
  return since === null || refresh === "paused" ? null : <NewIncidents key={since} since={since} />;
}
