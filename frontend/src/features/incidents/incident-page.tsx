/** One incident on one screen: what, since when, why, what the logs say, what was done. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { LogLines } from "@/components/log-lines";
import { EmptyState, ErrorState, QueryView, Skeleton } from "@/components/ui/states";
import { SeverityTag, StatusTag } from "@/components/ui/tags";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail } from "@/lib/api/types";
import { usePageTitle } from "@/lib/page-title";
import { logsPath, servicePath } from "@/lib/paths";
import { IncidentActions } from "./components/incident-actions";
import { IncidentChart } from "./components/incident-chart";
import { Timeline } from "./components/timeline";
import { WasThisRight } from "./components/was-this-right";
import { Why } from "./components/why";
import { incidentQuery } from "./queries";
import { logCounts } from "./view-model";
import "./incident.css";

export default function IncidentPage() {
  const { id = "" } = useParams();
  if (!/^\d+$/.test(id)) {
    return (
      <ErrorState
        title="There is no such incident"
        error={new Error(`"${id}" is not an incident's number.`)}
      />
    );
  }
  return <KnownIncident key={id} id={Number(id)} />;
}

function KnownIncident({ id }: { id: number }) {
  const query = useQuery(incidentQuery(id));
  usePageTitle(query.data ? query.data.title : `Incident ${id}`);
  return (
    <div className="stack">
      <nav aria-label="Where this is" className="small">
        <Link to="/incidents">Incidents</Link> <span aria-hidden="true">/</span> #{id}
      </nav>
      {!query.data && <h1>Incident {id}</h1>}
      <QueryView query={query} what={`Incident ${id}`} skeleton={<IncidentSkeleton />}>
        {(incident) => <Loaded incident={incident} />}
      </QueryView>
    </div>
  );
}

function Loaded({ incident }: { incident: IncidentDetail }) {
  return (
    <>
      <Head incident={incident} />
      <IncidentChart incident={incident} />
      <div className="incident-columns">
        <div className="stack">
          <Why incident={incident} />
          <WasThisRight incident={incident} />
        </div>
        <Logs incident={incident} />
      </div>
      <Timeline incident={incident} />
    </>
  );
}

function Head({ incident }: { incident: IncidentDetail }) {
  return (
    <header className="incident-head">
      <div className="incident-head-words">
        <h1>{incident.title}</h1>
        <p className="row">
          <SeverityTag severity={incident.severity} />
          <StatusTag status={incident.status} />
          <span>
            started <RelativeTime at={incident.event_ts} />{" "}
            <span className="muted">
              (<AbsoluteTime at={incident.event_ts} />)
            </span>
          </span>
          {incident.resolved_at && (
            <span>
              resolved <RelativeTime at={incident.resolved_at} />
              {incident.resolve_reason && ` as ${incident.resolve_reason}`}
            </span>
          )}
          <Link to={servicePath(incident.service)}>{incident.service}</Link>
        </p>
        <p className="incident-reason">{incident.reason}</p>
      </div>
      <IncidentActions incident={incident} />
    </header>
  );
}

function Logs({ incident }: { incident: IncidentDetail }) {
  return (
    <section className="section" aria-labelledby="logs-title">
      <div className="row row-spread">
        <h2 id="logs-title">
          Logs around the event{" "}
          <span className="muted incident-count">{incident.logs.length > 0 && logCounts(incident.logs)}</span>
        </h2>
        <Link to={logsPath(incident.service, incident.event_ts)} className="small">
          Open in Logs
        </Link>
      </div>
      {incident.logs.length ? (
        <LogLines lines={incident.logs} label="Log lines around the event" />
      ) : (
        <EmptyState title="No log lines around the event">
          {incident.service} wrote none that Canopy has read for that time.
        </EmptyState>
      )}
    </section>
  );
}

function IncidentSkeleton() {
  return (
    <>
      <Skeleton height={100} label="Loading the incident" />
      <Skeleton height={290} label="Loading the chart" />
      <Skeleton height={360} label="Loading the logs" />
    </>
  );
}
