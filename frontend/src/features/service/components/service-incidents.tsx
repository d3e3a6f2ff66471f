/** The service's incidents, the most urgent first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { IncidentRow } from "@/components/incident-row";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { incidentsQuery } from "@/lib/api/queries";
import { incidentsPath } from "@/lib/paths";

const SHOWN = 5;

export function ServiceIncidents({ service }: { service: string }) {
  const query = useQuery(incidentsQuery({ service: [service], sort: "urgency", limit: SHOWN }));
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
                <Link to={incidentsPath({ service })} className="small break">
                  All {list.total} of <bdi>{service}</bdi>
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
