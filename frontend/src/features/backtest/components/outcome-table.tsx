/** The present settings beside those asked about, and what each would have cost and found. */
import type { Backtest, BacktestTotals, Outcome } from "@/lib/api/types";
import { formatCount, formatNumber } from "@/lib/format";
import { DETECTORS, POLICIES } from "../view-model";

interface OutcomeTableProps {
  backtest: Backtest;
  totals: BacktestTotals;
}

type Judging = Backtest["present"];

/** "medium", or each metric's where they differ. */
function sensitivityText({ sensitivity }: Judging): string {
  const values = [...new Set(Object.values(sensitivity).map(String))];
  if (values.length <= 1) return values[0] ?? "";
  return Object.entries(sensitivity)
    .map(([metric, value]) => `${metric} ${value}`)
    .join(", ");
}

export function OutcomeTable({ backtest, totals }: OutcomeTableProps) {
  const columns: { title: string; judging: Judging; outcome: Outcome; found: number }[] = [
    { title: "Present settings", judging: backtest.present, outcome: totals.present, found: totals.found },
  ];
  if (backtest.asked && totals.asked) {
    const { asked } = totals;
    columns.push({
      title: "Asked about",
      judging: backtest.asked,
      outcome: asked,
      found: totals.found_asked ?? 0,
    });
  }
  const rows: [string, (column: (typeof columns)[number]) => string][] = [
    ["Alerts a week", ({ outcome }) => formatNumber(outcome.alerts_per_week)],
    ["Incidents", ({ outcome }) => formatCount(outcome.incidents)],
    ["Readings that fired", ({ outcome }) => formatCount(outcome.firing)],
    ["Real incidents found", ({ found }) => `${formatCount(found)} of ${formatCount(totals.real)}`],
    ["Sensitivity", ({ judging }) => sensitivityText(judging)],
    ["Policy", ({ judging }) => POLICIES[judging.policy]],
    ["Detector", ({ judging }) => DETECTORS[judging.detector]],
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className="panel table-box outcome" aria-label="What the settings would have done" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td>
              {formatCount(totals.pairs)} pairs, {formatCount(totals.readings)} readings
            </td>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, text]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {columns.map((column) => (
                <td key={column.title}>{text(column)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
