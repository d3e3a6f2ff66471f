/** What the incident is, how it stands, since when, and the way to its neighbours. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { SeverityTag, StatusTag } from "@/components/ui/tags";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { useShortcuts } from "@/lib/keys";
import { incidentPath, servicePath } from "@/lib/paths";
import { filtersOf, listSearch } from "../list-model";
import { trailQuery } from "../queries";
import { reasonWords } from "../reasons";
import { neighbours } from "../view-model";
import { ExportMenu } from "./export-menu";
import { IncidentActions } from "./incident-actions";
import { KeyHint } from "./key-hint";

export function IncidentHead({ incident, gone }: { incident: IncidentDetail; gone: boolean }) {
  const standing = useRef<HTMLSpanElement>(null);
  return (
    <header className="incident-head">
      <div className="incident-head-words">
        <h1>
          <bdi>{incident.title}</bdi>
        </h1>
        <p className="row">
          <SeverityTag severity={incident.severity} />
          <span ref={standing} tabIndex={-1}>
            <StatusTag status={incident.status} />
          </span>
          <span>
            started <RelativeTime at={incident.event_ts} />{" "}
            <span className="muted">
              (<AbsoluteTime at={incident.event_ts} />)
            </span>
          </span>
          {incident.resolved_at && (
            <span>
              resolved <RelativeTime at={incident.resolved_at} />
              {incident.resolve_reason && ` as ${reasonWords(incident.resolve_reason)}`}
            </span>
          )}
          <Link to={servicePath(incident.service)} className="one-line" title={incident.service}>
            <bdi>{incident.service}</bdi>
          </Link>
        </p>
        <p className="incident-reason">{incident.reason}</p>
      </div>
      {!gone && <IncidentActions incident={incident} standing={standing} />}
    </header>
  );
}

/** Where this is in the list it was opened from, and the steps to the next and the one before. */
export function IncidentTrail({ id, incident }: { id: number; incident: IncidentDetail | undefined }) {
  const params = new URLSearchParams(useLocation().search);
  const search = listSearch(params);
  const { data } = useQuery(trailQuery(filtersOf(params)));
  const { before, after, position } = neighbours(data?.ids ?? [], id);
  const navigate = useNavigate();
  const go = (to: number | null) => () => {
    if (to !== null) void navigate(incidentPath(to) + search);
  };
  useShortcuts("Incident", [
    { keys: "j", does: "Next incident of the list", run: go(after) },
    { keys: "k", does: "Incident before it", run: go(before) },
  ]);
  return (
    <div className="row row-spread incident-trail">
      <nav aria-label="Where this is" className="small">
        <Link to={`/incidents${search}`}>Incidents</Link> <span aria-hidden="true">/</span> #{id}
        {data && position && (
          <span className="muted">
            {" "}
            {formatCount(position)} of {formatCount(data.total)}
          </span>
        )}
      </nav>
      <div className="row">
        <Step to={before} search={search} word="Previous" printed="K" />
        <Step to={after} search={search} word="Next" printed="J" />
        {incident && <ExportMenu incident={incident} />}
      </div>
    </div>
  );
}

interface StepProps {
  to: number | null;
  search: string;
  word: string;
  printed: string;
}

function Step({ to, search, word, printed }: StepProps) {
  if (to === null) return null;
  return (
    <Link to={incidentPath(to) + search} className="button button-small button-plain">
      {word} <KeyHint>{printed}</KeyHint>
    </Link>
  );
}
