/** What a view shows when it has no data, old data or a reason why not. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { byServerClock, useNow } from "@/lib/clock";
import { formatClock, formatDuration } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import "./states.css";

/** A grey stand-in of the size of what is coming. */
export function Skeleton({ height, label }: { height: number | string; label: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label} style={{ blockSize: height }}>
      <span className="visually-hidden">{label}</span>
    </div>
  );
}

export function PageSkeleton() {
  return (
    <>
      <h1 className="visually-hidden">Canopy</h1>
      <Skeleton height="60vh" label="Loading the page" />
    </>
  );
}

/** Longer than a busy server needs: who waits so long wants to know that the page still does. */
const SLOW_MS = 5_000;

function Waiting({ what }: { what: string }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className={slow ? "waiting" : "visually-hidden"} role="status">
      {slow && `${what}: no answer yet, still waiting for the server.`}
    </p>
  );
}

interface TitleProps {
  title: string;
  /** It is all that the page has: its title is the page's heading. */
  heading?: boolean;
}

function StateTitle({ title, heading = false }: TitleProps) {
  const Tag = heading ? "h1" : "p";
  return <Tag className="state-title">{title}</Tag>;
}

export function EmptyState({ children, ...title }: TitleProps & { children?: ReactNode }) {
  return (
    <div className="state">
      <StateTitle {...title} />
      {children && <div className="state-body">{children}</div>}
    </div>
  );
}

interface ErrorStateProps extends TitleProps {
  error: Error;
  onRetry?: () => void;
}

export function ErrorState({ error, onRetry, ...title }: ErrorStateProps) {
  return (
    <div className="state state-error" role="alert">
      <StateTitle {...title} />
      <p className="state-body">{error.message}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface StaleNoticeProps {
  error: Error;
  /** By this machine's clock, as TanStack Query tells it. */
  updatedAt: number;
  /** Left out where it is asked again anyhow. */
  onRetry?: () => void;
}

/** Old data is kept, with its date and why there is none newer. */
export function StaleNotice({ error, updatedAt, onRetry }: StaleNoticeProps) {
  const { zone } = usePreferences();
  const asOf = byServerClock(updatedAt);
  const age = useNow() - asOf;
  return (
    <div className="stale-notice" role="status">
      <span>
        <strong>Stale.</strong> Shown as of {formatClock(asOf, zone)} ({formatDuration(age)} ago).{" "}
        {error.message}
      </span>
      {onRetry && (
        <button type="button" className="button button-small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

type AnyResult<T> = Pick<UseQueryResult<T>, "data" | "error" | "dataUpdatedAt"> & {
  refetch: () => unknown;
};

interface QueryViewProps<T> {
  query: AnyResult<T>;
  /** What is being shown, as in "The incidents could not be loaded". */
  what: string;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}

/** One place for a view's loading, error and stale states; empty is the view's own matter. */
export function QueryView<T>({ query, what, skeleton, children }: QueryViewProps<T>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (!query.error) {
      return (
        <>
          <Waiting what={what} />
          {skeleton}
        </>
      );
    }
    return <ErrorState title={`${what} could not be loaded`} error={query.error} onRetry={retry} />;
  }
  return (
    <>
      {query.error && <StaleNotice error={query.error} updatedAt={query.dataUpdatedAt} onRetry={retry} />}
      {children(query.data)}
    </>
  );
}
