/** The list as CSV: all that fit the filters, or the chosen ones; it tells how far it is and can be stopped. */
import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { JobProgress } from "@/components/job-progress";
import { showToast } from "@/components/toast-store";
import { announce } from "@/lib/announce";
import { downloadCsv } from "@/lib/download";
import { formatCount, plural } from "@/lib/format";
import { CSV_HEAD, csvRow, type ListFilters } from "../list-model";
import { fetchAll } from "../queries";

interface ExportListProps {
  filters: ListFilters;
  chosen: ReadonlySet<number>;
}

export function ExportList({ filters, chosen }: ExportListProps) {
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  async function run() {
    const control = new AbortController();
    stop.current = control;
    setProgress({ done: 0, total: 0 });
    try {
      const all = await fetchAll(filters, control.signal, (done, total) => setProgress({ done, total }));
      const kept = chosen.size ? all.filter((each) => chosen.has(each.id)) : all;
      downloadCsv("incidents.csv", CSV_HEAD, kept.map(csvRow));
      announce(`${plural(kept.length, "incident")} exported`);
    } catch (error) {
      if (!control.signal.aborted) {
        showToast(`The list was not exported. ${(error as Error).message}`, { tone: "problem" });
      }
    } finally {
      setProgress(null);
    }
  }

  if (progress) {
    const { done, total } = progress;
    return (
      <JobProgress
        label="Export"
        text={total ? `${formatCount(done)} of ${formatCount(total)} read` : "Asking for the incidents"}
        onCancel={() => stop.current?.abort()}
        {...progress}
      />
    );
  }
  return (
    <button type="button" className="button" onClick={() => void run()}>
      <Download aria-hidden="true" size={15} /> {chosen.size ? "CSV of the chosen" : "CSV"}
    </button>
  );
}
