/** The incident as a file: Markdown for a ticket, JSON for a program, its log lines as text. */
import { Download } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { showToast } from "@/components/toast-store";
import { api, unwrap } from "@/lib/api/client";
import type { IncidentDetail } from "@/lib/api/types";
import { downloadBlob, downloadText, fileName } from "@/lib/download";
import { logsAsText } from "../view-model";

export function ExportMenu({ incident }: { incident: IncidentDetail }) {
  const name = `incident-${incident.id}`;
  async function save(format: "md" | "json") {
    const params = { path: { incident_id: incident.id }, query: { format } };
    try {
      const file = await unwrap(api.GET("/incidents/{incident_id}/export", { params, parseAs: "blob" }));
      downloadBlob(`${name}.${format}`, file);
    } catch (error) {
      showToast(`The incident was not exported. ${(error as Error).message}`, { tone: "problem" });
    }
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button button-small">
        <Download aria-hidden="true" size={13} /> Export
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className="popover menu" align="end" sideOffset={6}>
        <DropdownMenu.Item className="menu-item" onSelect={() => void save("md")}>
          Markdown
        </DropdownMenu.Item>
        <DropdownMenu.Item className="menu-item" onSelect={() => void save("json")}>
          JSON
        </DropdownMenu.Item>
        <DropdownMenu.Item
          className="menu-item"
          disabled={incident.logs.length === 0}
          onSelect={() => downloadText(fileName([name, "logs"], "txt"), logsAsText(incident.logs))}
        >
          Log lines as text
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
