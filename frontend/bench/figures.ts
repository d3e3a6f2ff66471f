/** Collects the bench's figures: a table for people on stdout and in the benchmarks' page, JSON for scripts. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

export interface Figure {
  what: string;
  /** Median of the runs; 98th percentile where `what` says so. */
  value: number;
  unit: string;
  /** What design asks for: at most, or at least where `atLeast`. */
  limit: number;
  atLeast?: true;
  runs: number;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

const holds = ({ value, limit, atLeast }: Figure) => (atLeast ? value >= limit : value <= limit);

function line(figure: Figure): string {
  const { what, value, unit, limit, atLeast, runs } = figure;
  const sign = atLeast ? "≥" : "≤";
  return `${holds(figure) ? "ok  " : "OVER"}  ${what.padEnd(64)} ${`${value.toFixed(1)} ${unit}`.padStart(12)}  ${sign} ${limit} ${unit}  (${runs} runs)\n`;
}

const README = new URL("../../benchmarks/README.md", import.meta.url);
const [BEGIN, END] = ["<!-- screen: written by make bench-ui -->", "<!-- end of screen -->"];

/** Lays the figures over those that the benchmarks' page has. Throws where it has no place for them. */
export function writeTable(figures: readonly Figure[]): void {
  const page = readFileSync(README, "utf8");
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`benchmarks/README.md has no ${BEGIN}`);
  const rows = figures.map(({ what, value, unit, limit, atLeast, runs }) => {
    const of = (number: number) => `${Number(number.toFixed(1)).toLocaleString("en")} ${unit}`.trim();
    return `| ${what} | ${of(value)} | ${atLeast ? "≥" : "≤"} ${of(limit)} | ${runs} |`;
  });
  const table = ["| what | measured | limit | of |", "|---|---|---|---|", ...rows].join("\n");
  writeFileSync(README, `${page.slice(0, from)}${BEGIN}\n\n${table}\n\n${page.slice(to)}`);
}

/** Prints the table and writes `ui.json` into `folder`. */
export function report(figures: readonly Figure[], folder: string): void {
  process.stdout.write(`\n${figures.map(line).join("")}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/ui.json`, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`\nas JSON: ${folder}/ui.json\n`);
}
