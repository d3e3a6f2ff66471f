/** One service: each metric over time, its incidents, the way to its logs. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { IncidentRow } from "@/components/incident-row";
import { CHART_HEIGHT } from "@/components/time-chart";
import { SelectField } from "@/components/ui/field";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { incidentsQuery, servicesQuery } from "@/lib/api/queries";
import { usePageTitle } from "@/lib/page-title";
import { incidentsPath, logsPath, servicePath } from "@/lib/paths";
import { useSearchState } from "@/lib/search-state";
import { MetricPanel } from "./components/metric-panel";
import { serviceQuery } from "./queries";
import { DEFAULT_RANGE, RANGES, rangeOf } from "./ranges";
import "./service.css";

const INCIDENTS_SHOWN = 10;
const PANEL_HEIGHT = CHART_HEIGHT + 92;

export default function ServicePage() {
  const { name: fromPath = "" } = useParams();
  const [params] = useSearchParams();
  const service = params.get("name") ?? fromPath;
  const [search, setSearch] = useSearchState();
  const range = rangeOf(search.get("range"));
  const query = useQuery(serviceQuery(service));
  usePageTitle(service);
  return (
    <div className="stack">
      <div className="row row-spread">
        <h1>{service}</h1>
        <div className="row">
          <ServiceSwitch service={service} />
          <SelectField
            label="Time range"
            hideLabel
            value={range.key}
            onChange={(key) => setSearch({ range: key === DEFAULT_RANGE ? "" : key })}
          >
            {RANGES.map((each) => (
              <option key={each.key} value={each.key}>
                Last {each.label}
              </option>
            ))}
          </SelectField>
          <Link className="button" to={logsPath(service, query.data?.timestamp)}>
            Logs
          </Link>
        </div>
      </div>
      <QueryView query={query} what={`The metrics of ${service}`} skeleton={<MetricsSkeleton />}>
        {({ metrics }) =>
          Object.keys(metrics).length ? (
            <div className="metric-panels">
              {Object.entries(metrics).map(([metric, reading]) => (
                <MetricPanel
                  key={metric}
                  service={service}
                  metric={metric}
                  reading={reading}
                  lastMs={range.milliseconds}
                />
              ))}
            </div>
          ) : (
            <EmptyState title="No metric of this service has a series yet" />
          )
        }
      </QueryView>
      <ServiceIncidents service={service} />
    </div>
  );
}

function ServiceSwitch({ service }: { service: string }) {
  const { data } = useQuery(servicesQuery);
  const navigate = useNavigate();
  const names = data ?? [];
  return (
    <SelectField
      label="Service"
      hideLabel
      value={service}
      onChange={(name) => void navigate(servicePath(name))}
    >
      {!names.includes(service) && <option value={service}>{service}</option>}
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function ServiceIncidents({ service }: { service: string }) {
  const query = useQuery(incidentsQuery({ service: [service], sort: "urgency", limit: INCIDENTS_SHOWN }));
  return (
    <section className="section" aria-labelledby="service-incidents">
      <h2 id="service-incidents">Incidents</h2>
      <QueryView
        query={query}
        what="The incidents"
        skeleton={<Skeleton height={126} label="Loading incidents" />}
      >
        {(list) =>
          list.items.length ? (
            <>
              <ol className="panel incident-list">
                {list.items.map((incident) => (
                  <li key={incident.id}>
                    <IncidentRow incident={incident} />
                  </li>
                ))}
              </ol>
              {list.total > list.items.length && (
                <Link to={incidentsPath({ service })} className="small">
                  All {list.total} of {service}
                </Link>
              )}
            </>
          ) : (
            <EmptyState title={`${service} has never had an incident`} />
          )
        }
      </QueryView>
    </section>
  );
}

function MetricsSkeleton() {
  return (
    <div className="metric-panels">
      {[0, 1, 2, 3].map((panel) => (
        <Skeleton key={panel} height={PANEL_HEIGHT} label="Loading a metric" />
      ))}
    </div>
  );
}
