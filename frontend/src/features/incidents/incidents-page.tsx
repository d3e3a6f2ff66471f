/** All incidents, filtered and sorted by the server, as the address says. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { incidentPagesQuery, overviewQuery } from "@/lib/api/queries";
import { formatClock, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { usePreferences } from "@/lib/preferences";
import { useSearchState } from "@/lib/search-state";
import { IncidentFilterBar } from "./components/incident-filter-bar";
import { VirtualIncidents } from "./components/virtual-incidents";
import { filtersOf, isFiltered } from "./view-model";
import "./incidents.css";

const NO_FILTERS = { service: "", metric: "", severity: "", status: "", q: "" };

export default function IncidentsPage() {
  usePageTitle("Incidents");
  const [search, setSearch] = useSearchState();
  const filters = filtersOf(search);
  const query = useInfiniteQuery(incidentPagesQuery(filters));
  const incidents = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return (
    <div className="stack">
      <h1>Incidents</h1>
      <IncidentFilterBar search={search} onChange={setSearch} />
      <QueryView
        query={query}
        what="The incidents"
        skeleton={<Skeleton height="60vh" label="Loading incidents" />}
      >
        {(data) =>
          incidents.length ? (
            <>
              <p className="muted small" role="status">
                {plural(data.pages[0]?.total ?? 0, "incident")}
                {isFiltered(filters) && " that fit"}
              </p>
              <VirtualIncidents
                incidents={incidents}
                total={data.pages[0]?.total ?? incidents.length}
                onNearEnd={() => {
                  if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
                }}
              />
            </>
          ) : (
            <NoIncidents
              filtered={isFiltered(filters)}
              checkedAt={query.dataUpdatedAt}
              onClear={() => setSearch(NO_FILTERS)}
            />
          )
        }
      </QueryView>
    </div>
  );
}

interface NoIncidentsProps {
  filtered: boolean;
  checkedAt: number;
  onClear: () => void;
}

function NoIncidents({ filtered, checkedAt, onClear }: NoIncidentsProps) {
  const { zone } = usePreferences();
  const { data: overview } = useQuery(overviewQuery);
  if (filtered) {
    return (
      <EmptyState title="No incident fits these filters">
        <button type="button" className="button" onClick={onClear}>
          Show all incidents
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No incident has been opened yet">
      Checked at {formatClock(checkedAt, zone)}
      {overview && `, watching ${plural(overview.services.length, "service")}`}.
    </EmptyState>
  );
}
