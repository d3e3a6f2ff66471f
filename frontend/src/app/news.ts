/** What happened while nobody looked: new incidents and work that has ended, for the tab's badge. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { retrainQuery } from "@/features/models/queries";
import { announce } from "@/lib/announce";
import { overviewQuery } from "@/lib/api/queries";
import type { RetrainJob } from "@/lib/api/types";
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

const ENDED: Record<Exclude<RetrainJob["state"], "running">, string> = {
  done: "The retrain is done",
  failed: "The retrain has failed",
  cancelled: "The retrain was cancelled",
};

export function useNews(): void {
  const { data: open } = useQuery({ ...overviewQuery, select: (overview) => overview.open_incidents });
  const { data: job } = useQuery(retrainQuery);
  useChange(open, (before, now) => {
    if (now > before) announce(`${plural(now - before, "new incident")}; ${now} not resolved.`);
  });
  useChange(job?.state, (before, now) => {
    if (before === "running" && now !== "running") announce(`${ENDED[now]}.`);
  });
}
