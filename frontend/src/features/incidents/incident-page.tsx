/** One incident on one screen: what, since when, why, what the logs say, what was done. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { seconds } from "@/components/chart-model";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { AbsoluteTime } from "@/components/ui/time";
import { isGone } from "@/lib/api/client";
import type { IncidentDetail } from "@/lib/api/types";
import { byServerClock } from "@/lib/clock";
import { usePageTitle } from "@/lib/page-title";
import { useSearchState } from "@/lib/search-state";
import { IncidentChart } from "./components/incident-chart";
import { IncidentHead, IncidentTrail } from "./components/incident-head";
import { IncidentLogs } from "./components/incident-logs";
import { Related } from "./components/related";
import { Timeline } from "./components/timeline";
import { WasThisRight } from "./components/was-this-right";
import { Why } from "./components/why";
import { incidentQuery } from "./queries";
import "./incident.css";

export default function IncidentPage() {
  const { id = "" } = useParams();
  if (!/^\d+$/.test(id)) return <NoNumber text={id} />;
  const number = Number(id);
  if (number === 0 || !Number.isSafeInteger(number)) return <Impossible id={id} />;
  return <KnownIncident key={id} id={number} />;
}

function NoNumber({ text }: { text: string }) {
  usePageTitle("No such incident");
  return (
    <EmptyState title="There is no such incident" heading>
      “<bdi>{text}</bdi>” is not an incident's number. <Link to="/incidents">All incidents</Link>
    </EmptyState>
  );
}

function KnownIncident({ id }: { id: number }) {
  const query = useQuery(incidentQuery(id));
  const gone = isGone(query.error);
  usePageTitle(query.data ? query.data.title : `Incident ${id}`);
  return (
    <div className="stack incident-page">
      <IncidentTrail id={id} incident={query.data} />
      {!query.data && <h1>Incident {id}</h1>}
      {gone && !query.data ? (
        <NoneSuch id={id} />
      ) : gone && query.data ? (
        <>
          <Gone id={id} asOf={query.dataUpdatedAt} />
          <Loaded incident={query.data} gone />
        </>
      ) : (
        <QueryView query={query} what={`Incident ${id}`} skeleton={<IncidentSkeleton />}>
          {(incident) => <Loaded incident={incident} gone={false} />}
        </QueryView>
      )}
    </div>
  );
}

/** No number that Canopy gives, so nobody is asked for it. */
function Impossible({ id }: { id: string }) {
  usePageTitle(`Incident ${id}`);
  return (
    <div className="stack incident-page">
      <h1>Incident {id}</h1>
      <NoneSuch id={id} />
    </div>
  );
}

/** The number was never given, or what had it is gone: asking again would not help. */
function NoneSuch({ id }: { id: number | string }) {
  return (
    <EmptyState title={`There is no incident #${id}`}>
      Canopy has none of this number: the link may be mistyped or of another Canopy, or the incident was
      deleted. <Link to="/incidents">All incidents</Link>
    </EmptyState>
  );
}

/** It was deleted while it was read: what was read stays, and nothing more can be done with it. */
function Gone({ id, asOf }: { id: number; asOf: number }) {
  return (
    <div className="state state-error" role="alert">
      <p className="state-title">Incident #{id} is no longer there</p>
      <p className="state-body">
        Canopy has no incident of this number any more. Below is how it stood at{" "}
        <AbsoluteTime at={new Date(byServerClock(asOf)).toISOString()} />.
      </p>
    </div>
  );
}

function Loaded({ incident, gone }: { incident: IncidentDetail; gone: boolean }) {
  const [search, setSearch] = useSearchState();
  const at = pickedTime(search.get("at"));
  return (
    <>
      <IncidentHead incident={incident} gone={gone} />
      <IncidentChart
        incident={incident}
        picked={at === null ? null : seconds(at)}
        onPick={(time) => setSearch({ at: new Date(time * 1_000).toISOString() })}
      />
      <div className="incident-columns">
        <div className="incident-side">
          <Why incident={incident} />
          {!gone && <WasThisRight incident={incident} />}
          <Related incident={incident} />
        </div>
        <div className="incident-main">
          <IncidentLogs incident={incident} at={at} onBack={() => setSearch({ at: "" })} />
          <Timeline incident={incident} gone={gone} />
        </div>
      </div>
    </>
  );
}

function pickedTime(text: string | null): string | null {
  return text && !Number.isNaN(Date.parse(text)) ? text : null;
}

function IncidentSkeleton() {
  return (
    <>
      <Skeleton height={112} label="Loading the incident" />
      <Skeleton height={310} label="Loading the chart" />
      <div className="incident-columns">
        <Skeleton height={360} label="Loading the reasons" />
        <Skeleton height={360} label="Loading the logs" />
      </div>
    </>
  );
}
