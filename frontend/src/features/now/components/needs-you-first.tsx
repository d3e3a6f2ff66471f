/** The few incidents to look at first, most urgent on top. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { IncidentRow } from "@/components/incident-row";
import { QueryView, Skeleton } from "@/components/ui/states";
import { incidentsQuery, NOT_RESOLVED } from "@/lib/api/queries";
import type { IncidentList } from "@/lib/api/types";
import { byServerClock, useNow } from "@/lib/clock";
import { formatDuration } from "@/lib/format";
import { useShortcuts } from "@/lib/keys";
import { incidentPath, incidentsPath } from "@/lib/paths";

const SHOWN = 5;
export const firstIncidentsQuery = incidentsQuery({
  status: NOT_RESOLVED,
  sort: "urgency",
  limit: SHOWN,
});

export function NeedsYouFirst() {
  const query = useQuery(firstIncidentsQuery);
  return (
    <section className="section" aria-labelledby="first-title">
      <h2 id="first-title">Needs you first</h2>
      <QueryView
        query={query}
        what="The incidents"
        skeleton={<Skeleton height={210} label="Loading incidents" />}
      >
        {(list) => <FirstFew list={list} checkedAt={query.dataUpdatedAt} />}
      </QueryView>
    </section>
  );
}

function FirstFew({ list, checkedAt }: { list: IncidentList; checkedAt: number }) {
  const now = useNow();
  const navigate = useNavigate();
  const [first] = list.items;
  useShortcuts(
    "Now",
    first
      ? [{ keys: "Enter", does: "Open the first incident", run: () => void navigate(incidentPath(first.id)) }]
      : [],
  );
  if (list.items.length === 0) {
    return (
      <p className="panel all-clear">
        <strong>Nothing needs you.</strong>{" "}
        <span className="muted">
          No incident is open or acknowledged; checked {formatDuration(now - byServerClock(checkedAt))} ago.
        </span>
      </p>
    );
  }
  return (
    <>
      <ol className="panel incident-list">
        {list.items.map((incident) => (
          <li key={incident.id}>
            <IncidentRow incident={incident} />
          </li>
        ))}
      </ol>
      {list.total > list.items.length && (
        <Link to={incidentsPath({ status: NOT_RESOLVED })} className="small">
          All {list.total} that are not resolved
        </Link>
      )}
    </>
  );
}
