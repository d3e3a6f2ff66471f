/** The numbers behind a chart: as a table for those who cannot see it, as CSV and PNG for those who pass it on. */
import { Download } from "lucide-react";
import { type RefObject, useState } from "react";
import { type Cell, downloadCsv, downloadPng, fileName } from "@/lib/download";
import { formatCount, formatDateTime } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import "./chart-data.css";

/** More rows than a person reads; the file has them all. */
const ROWS_SHOWN = 200;

interface ChartDataProps {
  /** Parts of the files' name: service, metric. */
  name: readonly string[];
  title: string;
  head: readonly string[];
  /** What a row is, in the plural. */
  noun?: string;
  /** Time (ISO 8601) first; newest last. Called when the table is opened or a file is asked for. */
  rows: () => readonly (readonly Cell[])[];
  /** How the table shows a number; the file has it as it is. */
  format: (value: number) => string;
  /** Where the chart's canvas is found. */
  chart?: RefObject<HTMLElement | null>;
}

export function ChartData({ name, title, head, noun = "readings", rows, format, chart }: ChartDataProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className="chart-data">
      <div className="row chart-data-tools">
        <button
          type="button"
          className="button button-small"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? "Hide the table" : "Show as a table"}
        </button>
        <button
          type="button"
          className="button button-small"
          aria-label={`Download ${title} as CSV`}
          onClick={() => downloadCsv(fileName(name, "csv"), head, rows())}
        >
          <Download aria-hidden="true" size={13} /> CSV
        </button>
        {chart && (
          <button
            type="button"
            className="button button-small"
            aria-label={`Download ${title} as PNG`}
            onClick={() => {
              const canvas = chart.current?.querySelector("canvas");
              if (canvas) downloadPng(fileName(name, "png"), canvas, title);
            }}
          >
            <Download aria-hidden="true" size={13} /> PNG
          </button>
        )}
      </div>
      {open && <DataTable title={title} head={head} noun={noun} rows={rows()} format={format} />}
    </div>
  );
}

interface DataTableProps {
  title: string;
  noun: string;
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  format: (value: number) => string;
}

function DataTable({ title, head, noun, rows, format }: DataTableProps) {
  const { zone } = usePreferences();
  const shown = rows.slice(-ROWS_SHOWN).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className="panel chart-data-box" aria-label={`${title} as a table`} tabIndex={0}>
      <table>
        <caption className="small muted">
          {shown.length < rows.length
            ? `The newest ${formatCount(shown.length)} of ${formatCount(rows.length)} ${noun}; the CSV has all`
            : `${formatCount(rows.length)} ${noun}, newest first`}
        </caption>
        <thead>
          <tr>
            {head.map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={String(row[0])}>
              {row.map((cell, column) => (
                <td key={head[column]}>
                  {typeof cell === "number" ? format(cell) : cell && formatDateTime(cell, zone)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
