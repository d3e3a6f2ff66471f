/** All lines of the range as a text file; it tells how much has come and can be stopped. */
import { Download } from "lucide-react";
import { ExportJob, useExport } from "@/components/export-job";
import { fetchFile } from "@/lib/api/client";
import { downloadBlob } from "@/lib/download";
import { formatValue } from "@/lib/format";
import { exportPath } from "../queries";
import type { LogsAsked } from "../view-model";

export function ExportLogs({ asked }: { asked: LogsAsked }) {
  const job = useExport("The text");
  function run() {
    job.run(async (signal, tell) => {
      // The ends of "the last hour" are those of this moment.
      const file = await fetchFile(exportPath(asked), signal, (bytes) => tell(bytes, 0));
      downloadBlob("logs.txt", file);
      return "Log lines";
    });
  }
  return (
    <ExportJob
      job={job}
      words={({ done }) => (done ? `${formatValue(done, "bytes")} read` : "Asking for the lines")}
    >
      <button type="button" className="button" onClick={run}>
        <Download aria-hidden="true" size={15} /> Text
      </button>
    </ExportJob>
  );
}
