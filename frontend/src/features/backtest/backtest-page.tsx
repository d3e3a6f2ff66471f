/** Backtest: what the detector would have done in the past, with these settings and with others. */
import { useQuery } from "@tanstack/react-query";
import { LeftOutNote } from "@/components/left-out-note";
import { ModelsNav } from "@/components/models-nav";
import { EmptyState, ErrorState, Skeleton } from "@/components/ui/states";
import type { Backtest } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatRelative } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { useSearchState } from "@/lib/search-state";
import { useTimeRange } from "@/lib/time-range";
import { QuestionForm } from "./components/question-form";
import { Run } from "./components/run";
import { backtestsQuery, useBeginBacktest } from "./queries";
import { leftOutOf, readQuestion, requestOf, scopeText } from "./view-model";
import "./backtest.css";

const WEEK_MS = 604_800_000;

export default function BacktestPage() {
  usePageTitle("Backtest");
  const [search, change] = useSearchState();
  const [range] = useTimeRange(WEEK_MS);
  const question = readQuestion(search);
  const begin = useBeginBacktest();
  const list = useQuery(backtestsQuery);
  const all = list.data?.items ?? [];
  const shown = search.get("id") ?? all[0]?.id;
  const running = all.some((backtest) => backtest.state === "running");
  const ask = () =>
    begin.mutate(requestOf(question, range), {
      onSuccess: ({ id }) => change({ id, pair_service: "", pair_metric: "" }),
    });
  return (
    <div className="stack">
      <h1>Backtest</h1>
      <ModelsNav />
      <p className="muted backtest-intro">
        Replays a range of the past through the detector as it is now, and through other settings beside it:
        what would have fired, how often, and which real incidents are found again. Nothing is changed by it.
      </p>
      <QuestionForm question={question} range={range} busy={running || begin.isPending} onAsk={ask} />
      <LeftOutNote what={leftOutOf(search, range)} />
      {begin.error && <ErrorState title="The backtest did not start" error={begin.error} />}
      {!shown && list.isPending && <Skeleton height={160} label="Loading the backtests" />}
      {list.error && !list.data && (
        <ErrorState
          title="Earlier backtests could not be loaded"
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      )}
      {shown ? (
        <Run id={shown} />
      ) : (
        list.data && (
          <EmptyState title="No backtest was run since Canopy started">
            Choose what to replay above. Seven days of three services take seconds, thirty days of hundreds
            some minutes; detection goes on meanwhile.
          </EmptyState>
        )
      )}
      <Earlier backtests={all.filter(({ id }) => id !== shown)} onShow={(id) => change({ id })} />
    </div>
  );
}

function Earlier({ backtests, onShow }: { backtests: readonly Backtest[]; onShow: (id: string) => void }) {
  const now = useNow();
  if (!backtests.length) return null;
  return (
    <section className="section" aria-label="Other backtests">
      <h2>Others since the start</h2>
      <ul className="panel backtest-earlier">
        {backtests.map((backtest) => (
          <li key={backtest.id}>
            <button type="button" className="backtest-pair" onClick={() => onShow(backtest.id)}>
              <span className="backtest-pair-name">{scopeText(backtest)}</span>
              <span>{backtest.state}</span>
              <span className="muted small">{formatRelative(backtest.started_at, now)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
