/** The list as CSV: all that fit the filters, or the chosen ones; it tells how far it is and can be stopped. */
import { Download } from "lucide-react";
import { ExportJob, useExport } from "@/components/export-job";
import { showToast } from "@/components/toast-store";
import { downloadCsv } from "@/lib/download";
import { formatCount, plural } from "@/lib/format";
import { CSV_HEAD, csvRow, type ListFilters } from "../list-model";
import { fetchAll, fetchChosen } from "../queries";

interface ExportListProps {
  filters: ListFilters;
  chosen: ReadonlySet<number>;
}

/** More would fill the screen; the number says the rest. */
const NAMED = 5;

export function ExportList({ filters, chosen }: ExportListProps) {
  const job = useExport("The list");
  function run() {
    job.run(async (signal, tell) => {
      const { found, missing } = chosen.size
        ? await fetchChosen([...chosen], filters, signal, tell)
        : { found: await fetchAll(filters, signal, tell), missing: [] };
      downloadCsv("incidents.csv", CSV_HEAD, found.map(csvRow));
      if (missing.length) showToast(missingWords(missing), { tone: "problem" });
      return plural(found.length, "incident");
    });
  }
  return (
    <ExportJob
      job={job}
      words={({ done, total }) =>
        total ? `${formatCount(done)} of ${formatCount(total)} read` : "Asking for the incidents"
      }
    >
      <button type="button" className="button" onClick={run}>
        <Download aria-hidden="true" size={15} /> {chosen.size ? "CSV of the chosen" : "CSV"}
      </button>
    </ExportJob>
  );
}

function missingWords(missing: readonly number[]): string {
  const named = missing.slice(0, NAMED).map((id) => `#${id}`);
  const rest = missing.length - named.length;
  const which = [...named, ...(rest ? [`${formatCount(rest)} more`] : [])].join(", ");
  return `Not in the file, as no longer there: ${plural(missing.length, "incident")} (${which}).`;
}
