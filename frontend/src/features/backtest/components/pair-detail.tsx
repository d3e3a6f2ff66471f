/** One pair of a backtest: its values, its scores against the threshold, and each incident that would have opened. */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { Link } from "react-router";
import { spansOf } from "@/components/chart-model";
import { TimeChart } from "@/components/time-chart";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { SeverityTag } from "@/components/ui/tags";
import { AbsoluteTime } from "@/components/ui/time";
import type { Backtest, BacktestPair, BacktestSeries, RealIncident, WouldFire } from "@/lib/api/types";
import { formatCount, formatDuration, formatNumber, formatValue, plural } from "@/lib/format";
import { incidentPath } from "@/lib/paths";
import { backtestSeriesQuery } from "../queries";
import { CHANGES, incidentBands, scorePoints, valuePoints } from "../view-model";

const SCORE_HEIGHT = 140;
const NO_SPANS: never[] = [];

export function PairDetail({ backtest, pair }: { backtest: Backtest; pair: BacktestPair }) {
  const query = useQuery(backtestSeriesQuery(backtest.id, pair.service, pair.metric));
  return (
    <section className="panel backtest-detail" aria-label={`${pair.metric_title} of ${pair.service}`}>
      <h3 className="break">
        {pair.metric_title} of <bdi>{pair.service}</bdi>
      </h3>
      <p className="muted">
        {plural(pair.readings, "reading")}, {formatCount(pair.judged)} judged
        {pair.gaps > 0 && `, ${plural(pair.gaps, "gap")} of ${plural(pair.missing, "poll")}`}
        {pair.note && `. ${pair.note}`}
      </p>
      <QueryView
        query={query}
        what="The chart"
        skeleton={<Skeleton height={400} label="Loading the chart" />}
      >
        {(series) => <Charts series={series} />}
      </QueryView>
      <Fires incidents={pair.incidents} unit={pair.unit} compared={backtest.asked !== null} />
      <Real incidents={pair.real} />
    </section>
  );
}

function Charts({ series }: { series: BacktestSeries }) {
  const name = `${series.metric_title} of ${series.service}`;
  const group = `backtest ${series.service} ${series.metric}`;
  const values = useMemo(() => valuePoints(series), [series]);
  const scores = useMemo(() => scorePoints(series), [series]);
  const bands = useMemo(() => incidentBands(series), [series]);
  const gaps = useMemo(() => spansOf(series.gaps), [series]);
  const thresholds = useMemo(
    () => ({ high: series.asked_threshold ?? series.threshold, critical: null }),
    [series],
  );
  return (
    <>
      <TimeChart
        title={name}
        unit={series.unit}
        points={values}
        expected={null}
        thresholds={series}
        spans={NO_SPANS}
        bands={bands}
        gaps={gaps}
        group={group}
      />
      {scores.length > 0 && (
        <TimeChart
          title={`Score of ${name}`}
          unit=""
          points={scores}
          expected={null}
          thresholds={thresholds}
          thresholdName="Anomalous"
          spans={NO_SPANS}
          bands={bands}
          gaps={gaps}
          group={group}
          height={SCORE_HEIGHT}
        />
      )}
      {series.downsampled && (
        <p className="small muted">
          {formatCount(series.total)} readings, thinned out for the chart; every peak is kept.
        </p>
      )}
    </>
  );
}

interface FiresProps {
  incidents: readonly WouldFire[];
  unit: string;
  compared: boolean;
}

function Fires({ incidents, unit, compared }: FiresProps) {
  if (!incidents.length) return <EmptyState title="Nothing would have fired on this pair" />;
  return (
    <ol className="backtest-fires" aria-label="Incidents that would have opened">
      {incidents.map((incident) => (
        <li
          key={`${incident.start} ${incident.change}`}
          className={`backtest-fire backtest-${incident.change}`}
        >
          <div className="row">
            <SeverityTag severity={incident.severity} />
            <AbsoluteTime at={incident.start} />
            <span className="muted">
              for {formatDuration(Date.parse(incident.end) - Date.parse(incident.start))}
            </span>
            {compared && <Change change={incident.change} />}
          </div>
          <p className="break">
            <strong>{incident.title}</strong>
          </p>
          <p className="small muted break">
            {incident.reason} Worst: {formatValue(incident.value, unit)}
            {incident.score !== null && `, score ${formatNumber(incident.score)}`};{" "}
            {plural(incident.readings, "reading")} fired.
          </p>
        </li>
      ))}
    </ol>
  );
}

const GLYPHS: Record<WouldFire["change"], string> = { same: "=", appears: "+", vanishes: "−" };

function Change({ change }: { change: WouldFire["change"] }): ReactNode {
  return (
    <span className={`backtest-change backtest-change-${change}`}>
      <span aria-hidden="true">{GLYPHS[change]}</span> {CHANGES[change]}
    </span>
  );
}

function Real({ incidents }: { incidents: readonly RealIncident[] }) {
  if (!incidents.length) return null;
  return (
    <>
      <h3>Incidents that did open</h3>
      <ul>
        {incidents.map((incident) => (
          <li key={incident.id} className="break">
            <Link to={incidentPath(incident.id)}>#{incident.id}</Link> {incident.title}:{" "}
            {incident.found ? "found again" : "not found again"}
            {incident.found_asked !== null &&
              `, ${incident.found_asked ? "found" : "not found"} with the settings asked about`}
          </li>
        ))}
      </ul>
    </>
  );
}
