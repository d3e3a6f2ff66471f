/** The pairs of a backtest, those with most incidents first; one of them opened to its charts and incidents. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { Backtest, BacktestPair } from "@/lib/api/types";
import { downloadCsv, fileName } from "@/lib/download";
import { formatCount, formatNumber } from "@/lib/format";
import { useSearchState } from "@/lib/search-state";
import { backtestPairsQuery } from "../queries";
import { CSV_HEAD, csvRow } from "../view-model";
import { PairDetail } from "./pair-detail";

export function PairList({ backtest }: { backtest: Backtest }) {
  const query = useInfiniteQuery(backtestPairsQuery(backtest.id));
  return (
    <QueryView
      query={query}
      what="The pairs"
      skeleton={<Skeleton height={240} label="Loading what would have fired" />}
    >
      {({ pages }) => {
        const pairs = pages.flatMap((page) => page.items);
        const total = pages[0]?.total ?? 0;
        if (!total) return <EmptyState title="No pair has a reading in this range" />;
        return (
          <Pairs
            backtest={backtest}
            pairs={pairs}
            total={total}
            onMore={query.hasNextPage ? () => void query.fetchNextPage() : null}
            fetching={query.isFetchingNextPage}
          />
        );
      }}
    </QueryView>
  );
}

interface PairsProps {
  backtest: Backtest;
  pairs: readonly BacktestPair[];
  total: number;
  onMore: (() => void) | null;
  fetching: boolean;
}

function Pairs({ backtest, pairs, total, onMore, fetching }: PairsProps) {
  const [search, change] = useSearchState();
  const [service, metric] = [search.get("pair_service"), search.get("pair_metric")];
  const open = pairs.find((pair) => pair.service === service && pair.metric === metric) ?? pairs[0];
  const exportAll = () =>
    downloadCsv(
      fileName(["backtest", backtest.id], "csv"),
      CSV_HEAD,
      pairs.flatMap((pair) => pair.incidents.map(csvRow)),
    );
  return (
    <div className="backtest-results">
      <section className="section" aria-labelledby="pairs-title">
        <div className="row row-spread">
          <h3 id="pairs-title">
            What would have fired <span className="muted">{formatCount(total)} pairs</span>
          </h3>
          <button type="button" className="button button-small" onClick={exportAll}>
            <Download aria-hidden="true" size={13} /> Incidents as CSV
          </button>
        </div>
        <ol className="panel backtest-pairs">
          {pairs.map((pair) => (
            <li key={`${pair.service}\n${pair.metric}`}>
              <PairButton
                pair={pair}
                open={pair === open}
                onOpen={() => change({ pair_service: pair.service, pair_metric: pair.metric })}
              />
            </li>
          ))}
        </ol>
        {onMore && (
          <button type="button" className="button" disabled={fetching} onClick={onMore}>
            {fetching ? "Loading" : `Show more than ${formatCount(pairs.length)}`}
          </button>
        )}
      </section>
      {open && <PairDetail backtest={backtest} pair={open} />}
    </div>
  );
}

function PairButton({ pair, open, onOpen }: { pair: BacktestPair; open: boolean; onOpen: () => void }) {
  const { present, asked } = pair;
  return (
    <button type="button" className="backtest-pair" aria-pressed={open} onClick={onOpen}>
      <span className="backtest-pair-name">
        <bdi>{pair.service}</bdi> <span className="muted">{pair.metric_title}</span>
      </span>
      <span className="backtest-pair-count">
        {formatCount(present.incidents)}
        {asked && asked.incidents !== present.incidents && ` → ${formatCount(asked.incidents)}`}
        <span className="visually-hidden"> incidents</span>
      </span>
      <span className="muted small">{formatNumber((asked ?? present).alerts_per_week)} a week</span>
    </button>
  );
}
