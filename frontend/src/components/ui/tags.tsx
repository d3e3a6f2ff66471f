/** Severity and status as glyph and word: never by colour alone. */
import type { Status } from "@/lib/api/types";
import type { SeverityWord } from "@/lib/reading";
import "./tags.css";

const GLYPHS: Record<SeverityWord, string> = { Critical: "◆", High: "▲", Normal: "●", Unknown: "◌" };

export function SeverityTag({ severity }: { severity: SeverityWord }) {
  return (
    <span className={`severity severity-${severity.toLowerCase()}`}>
      <span aria-hidden="true">{GLYPHS[severity]}</span> {severity}
    </span>
  );
}

const STATUS_WORDS: Record<Status, string> = {
  OPEN: "Open",
  ACKNOWLEDGED: "Acknowledged",
  RESOLVED: "Resolved",
};

export function statusWord(status: Status): string {
  return STATUS_WORDS[status];
}

export function StatusTag({ status }: { status: Status }) {
  return <span className={`status status-${status.toLowerCase()}`}>{STATUS_WORDS[status]}</span>;
}
