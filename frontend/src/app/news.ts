/** What happened while nobody looked: new incidents and work that has ended, for the tab's badge. */
import { skipToken, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { backtestQuery, watchedKey } from "@/features/backtest/queries";
import { retrainQuery } from "@/features/models/queries";
import { isBackground } from "@/features/models/view-model";
import { announce } from "@/lib/announce";
import { overviewQuery } from "@/lib/api/queries";
import { plural } from "@/lib/format";

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
type JobState = keyof typeof ENDED | "running";

function useJobEnd(name: string, state: JobState | undefined): void {
  useChange(state, (before, now) => {
    if (before === "running" && now !== "running") announce(`The ${name} ${ENDED[now]}.`);
  });
}

/** The backtest begun in this tab, wherever its reader has gone since. */
function useWatchedBacktest(): JobState | undefined {
  const { data: id = "" } = useQuery<string>({ queryKey: watchedKey, queryFn: skipToken });
  const { data } = useQuery({ ...backtestQuery(id), enabled: id !== "" });
  return data?.state;
}

export function News(): null {
  const { data: open } = useQuery({ ...overviewQuery, select: (overview) => overview.open_incidents });
  const { data: job } = useQuery(retrainQuery);
  useChange(open, (before, now) => {
    if (now > before) announce(`${plural(now - before, "new incident")}; ${now} not resolved.`);
  });
  useJobEnd("retrain", job && !isBackground(job) ? job.state : undefined);
  useJobEnd("backtest", useWatchedBacktest());
  return null;
}
