/** The incident as a file: Markdown for a ticket, JSON for a program, its log lines as text. */
import { Download } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { API_BASE } from "@/lib/api/client";
import type { IncidentDetail } from "@/lib/api/types";
import { downloadText, fileName } from "@/lib/download";
import { logsAsText } from "../view-model";

export function ExportMenu({ incident }: { incident: IncidentDetail }) {
  const name = `incident-${incident.id}`;
  const href = (format: string) => `${API_BASE}/incidents/${incident.id}/export?format=${format}`;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button button-small">
        <Download aria-hidden="true" size={13} /> Export
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className="popover menu" align="end" sideOffset={6}>
        <DropdownMenu.Item asChild>
          <a className="menu-item" href={href("md")} download={`${name}.md`}>
            Markdown
          </a>
        </DropdownMenu.Item>
        <DropdownMenu.Item asChild>
          <a className="menu-item" href={href("json")} download={`${name}.json`}>
            JSON
          </a>
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
