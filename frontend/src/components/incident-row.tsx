/** One incident as one line of a list; the whole line is its link. */
import { Link } from "react-router";
import type { IncidentSummary } from "@/lib/api/types";
import { incidentPath } from "@/lib/paths";
import { SeverityTag, StatusTag } from "./ui/tags";
import { RelativeTime } from "./ui/time";
import "./incident-row.css";

export function IncidentRow({ incident }: { incident: IncidentSummary }) {
  return (
    <div className={`incident-row incident-row-${incident.status.toLowerCase()}`}>
      <SeverityTag severity={incident.severity} />
      <Link to={incidentPath(incident.id)} className="incident-row-title">
        {incident.title}
      </Link>
      <span className="incident-row-service" title={`${incident.service}, ${incident.metric_title}`}>
        {incident.service} <span className="muted">{incident.metric_title}</span>
      </span>
      <StatusTag status={incident.status} />
      <span className="incident-row-age">
        <RelativeTime at={incident.opened_at} />
      </span>
      <span className="incident-row-id">#{incident.id}</span>
    </div>
  );
}
