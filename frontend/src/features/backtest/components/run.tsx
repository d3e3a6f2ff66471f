/** One backtest as it stands: how far it is, why it ended, or what it found. */
import { useQuery } from "@tanstack/react-query";
import { JobProgress } from "@/components/job-progress";
import { EmptyState, ErrorState, QueryView, Skeleton } from "@/components/ui/states";
import type { Backtest } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatRelative } from "@/lib/format";
import { backtestQuery, useCancelBacktest } from "../queries";
import { foundText, progressText, scopeText, sentence, verdictText } from "../view-model";
import { OutcomeTable } from "./outcome-table";
import { PairList } from "./pair-list";

export function Run({ id }: { id: string }) {
  const query = useQuery(backtestQuery(id));
  return (
    <section className="section" aria-label="The backtest">
      <QueryView
        query={query}
        what="The backtest"
        skeleton={<Skeleton height={160} label="Loading the backtest" />}
      >
        {(backtest) => <Standing backtest={backtest} />}
      </QueryView>
    </section>
  );
}

function Standing({ backtest }: { backtest: Backtest }) {
  if (backtest.state === "running") return <Running key={backtest.id} backtest={backtest} />;
  if (backtest.state === "done" && backtest.totals) return <Found backtest={backtest} />;
  if (backtest.state === "cancelled") {
    return <EmptyState title="The backtest was cancelled">{backtest.detail}</EmptyState>;
  }
  return <ErrorState title="The backtest has failed" error={new Error(backtest.detail)} />;
}

function Running({ backtest }: { backtest: Backtest }) {
  const now = useNow();
  const cancel = useCancelBacktest(backtest.id);
  return (
    <div className="panel backtest-running">
      <h2>Backtest of {scopeText(backtest)}</h2>
      <JobProgress
        label="Pairs replayed"
        done={backtest.done}
        total={backtest.total}
        text={progressText(backtest, now)}
        onCancel={() => cancel.mutate()}
        cancelling={cancel.isPending || cancel.isSuccess}
      />
      {cancel.error && <p role="alert">{cancel.error.message}</p>}
    </div>
  );
}

function Found({ backtest }: { backtest: Backtest }) {
  const now = useNow();
  const { totals } = backtest;
  if (!totals) return null;
  return (
    <>
      <h2>
        Backtest of {scopeText(backtest)}{" "}
        <span className="muted small">
          {backtest.finished_at && `ended ${formatRelative(backtest.finished_at, now)}`}
        </span>
      </h2>
      <p className="backtest-verdict">{verdictText(totals)}</p>
      <p>{foundText(totals)}</p>
      {backtest.detail && <p className="muted">{sentence(backtest.detail)}</p>}
      <OutcomeTable backtest={backtest} totals={totals} />
      <PairList backtest={backtest} />
    </>
  );
}
