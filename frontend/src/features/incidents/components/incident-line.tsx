/** One incident as a row that can be chosen, opened and reached by keys. */
import { type MouseEvent, memo } from "react";
import { Link } from "react-router";
import { SeverityTag, StatusTag } from "@/components/ui/tags";
import { RelativeTime } from "@/components/ui/time";
import type { IncidentSummary } from "@/lib/api/types";
import { incidentPath } from "@/lib/paths";

interface IncidentLineProps {
  incident: IncidentSummary;
  chosen: boolean;
  /** The list's filters, which the incident's page needs for its neighbours. */
  search: string;
  onChoose: (id: number, range: boolean) => void;
}

export const IncidentLine = memo(function IncidentLine(props: IncidentLineProps) {
  const { incident, chosen, search, onChoose } = props;
  function onClick(event: MouseEvent) {
    if (event.shiftKey) event.preventDefault();
    onChoose(incident.id, event.shiftKey);
  }
  return (
    <div className={`line line-${incident.status.toLowerCase()}`} data-chosen={chosen || undefined}>
      <label className="line-choose">
        <input
          type="checkbox"
          aria-label={`Choose incident #${incident.id}`}
          checked={chosen}
          onChange={() => undefined}
          onClick={onClick}
        />
      </label>
      <SeverityTag severity={incident.severity} />
      <Link to={incidentPath(incident.id) + search} className="line-title">
        <bdi>{incident.title}</bdi>
      </Link>
      <span className="line-service" title={`${incident.service}, ${incident.metric_title}`}>
        <bdi>{incident.service}</bdi> <span className="muted">{incident.metric_title}</span>
      </span>
      <StatusTag status={incident.status} />
      <span className="line-age">
        <RelativeTime at={incident.event_ts} />
      </span>
      <span className="line-id">#{incident.id}</span>
    </div>
  );
});

/** Stands where a row is still being fetched. */
export function EmptyLine() {
  return (
    <div className="line line-empty" aria-hidden="true">
      <span className="line-bar" />
    </div>
  );
}
