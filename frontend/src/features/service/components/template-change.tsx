/** A log template that is new, or came far more often than before; it leads to its lines. */
import { Link } from "react-router";
import type { LogTemplate } from "@/lib/api/types";
import { plural } from "@/lib/format";
import type { Selection } from "../view-model";

interface TemplateChangeProps {
  template: LogTemplate;
  selection: Selection;
}

export function TemplateChange({ template, selection }: TemplateChangeProps) {
  const search = new URLSearchParams({
    service: template.service,
    ...selection,
    template: template.template,
  });
  return (
    <li className="change">
      <div className="change-line">
        <span className="change-news">{template.new ? "New" : "More"}</span>
        <Link to={`/logs?${search}`} className="change-name mono small break">
          {template.template || "(an empty line)"}
        </Link>
        <span className="change-values">{plural(template.count, "line")}</span>
      </div>
      <p className="muted small break">
        {template.reason}
        {template.cause && `; root cause ${template.cause}`}
      </p>
    </li>
  );
}
