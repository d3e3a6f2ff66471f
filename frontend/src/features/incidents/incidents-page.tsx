/** All incidents, filtered, sorted and counted by the server, as the address says. */
import { useQuery } from "@tanstack/react-query";
import { LeftOutNote } from "@/components/left-out-note";
import { SavedViewsMenu } from "@/components/saved-views";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { overviewQuery } from "@/lib/api/queries";
import { byServerClock } from "@/lib/clock";
import { formatClock, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { usePreferences } from "@/lib/preferences";
import { useRowsWindow } from "@/lib/rows-window";
import { useSearchState } from "@/lib/search-state";
import { ExportList } from "./components/export-list";
import { IncidentFilterBar } from "./components/incident-filter-bar";
import { IncidentTable } from "./components/incident-table";
import { FILTER_NAMES, filtersOf, isFiltered, leftOutOf } from "./list-model";
import { incidentWindowQuery } from "./queries";
import { useListBar } from "./use-list-bar";
import { useSelection } from "./use-selection";
import "./incidents.css";

const NO_FILTERS = Object.fromEntries(FILTER_NAMES.map((name) => [name, ""]));

export default function IncidentsPage() {
  usePageTitle("Incidents");
  const [search, setSearch] = useSearchState();
  const filters = filtersOf(search);
  const scope = JSON.stringify(filters);
  const [shown, setShown] = useRowsWindow(scope);
  const query = useQuery(incidentWindowQuery(filters, shown));
  const selection = useSelection(scope);
  const bar = useListBar();
  return (
    <div className="stack incidents-page">
      <div className="row row-spread">
        <h1>Incidents</h1>
        <div className="row">
          <SavedViewsMenu page="incidents" />
          <ExportList filters={filters} chosen={selection.ids} />
        </div>
      </div>
      <IncidentFilterBar search={search} onChange={setSearch} counts={query.data?.counts} bar={bar} />
      <LeftOutNote what={leftOutOf(search)} />
      <QueryView
        query={query}
        what="The incidents"
        skeleton={<Skeleton height="60vh" label="Loading incidents" />}
      >
        {(data) =>
          data.total ? (
            <IncidentTable
              data={data}
              scope={scope}
              filters={filters}
              selection={selection}
              renewing={query.isPlaceholderData && data.scope !== scope}
              onWindow={setShown}
            />
          ) : (
            <NoIncidents
              filtered={isFiltered(filters)}
              checkedAt={byServerClock(query.dataUpdatedAt)}
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
  const checked = `Checked at ${formatClock(checkedAt, zone)}`;
  if (filtered) {
    return (
      <EmptyState title="No incident fits these filters">
        <p>{checked}.</p>
        <button type="button" className="button" onClick={onClear}>
          Show all incidents
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No incident has been opened yet">
      {checked}
      {overview && `, watching ${plural(overview.services.length, "service")}`}.
    </EmptyState>
  );
}
