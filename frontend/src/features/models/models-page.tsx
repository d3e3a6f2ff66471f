/** Every pair's model, filtered, sorted and counted by the server as the address says; and the way to train them anew. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { LeftOutNote } from "@/components/left-out-note";
import { ModelsNav } from "@/components/models-nav";
import { TextField, ToggleGroup } from "@/components/ui/field";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { ModelList, ModelStatus } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { useRowsWindow } from "@/lib/rows-window";
import { type SearchChange, useSearchState } from "@/lib/search-state";
import { ModelDialog } from "./components/model-dialog";
import { ModelTable } from "./components/model-table";
import { RetrainPanel } from "./components/retrain-panel";
import { modelQuery, modelWindowQuery } from "./queries";
import {
  filtersOf,
  isFiltered,
  leftOutOf,
  type ModelState,
  orderText,
  readOrder,
  STATES,
} from "./view-model";
import "./models.css";

const STATE_KEYS = Object.keys(STATES) as ModelState[];
const TYPING_PAUSE_MS = 150;

export default function ModelsPage() {
  usePageTitle("Models");
  const [search, change] = useSearchState();
  const filters = filtersOf(search);
  const scope = JSON.stringify(filters);
  const [shown, setShown] = useRowsWindow(scope);
  const query = useQuery(modelWindowQuery(filters, shown));
  const onOpen = useCallback(({ service, metric }: ModelStatus) => change({ service, metric }), [change]);
  return (
    <div className="stack">
      <h1>Models</h1>
      <ModelsNav />
      <div className="panel models-retrain">
        <RetrainPanel />
      </div>
      <QueryView
        query={query}
        what="The models"
        skeleton={<Skeleton height="50vh" label="Loading the models" />}
      >
        {(data) => (
          <section className="section" aria-labelledby="pairs-title">
            <div className="row row-spread">
              <h2 id="pairs-title">
                {plural(data.total, "pair")}
                {isFiltered(filters) && " that fit"}
              </h2>
              <ModelFilterBar search={search} states={data.states} onChange={change} />
            </div>
            <LeftOutNote what={leftOutOf(search)} />
            {data.total ? (
              <ModelTable
                models={data}
                renewing={query.isPlaceholderData && data.scope !== scope}
                order={readOrder(search.get("sort"))}
                onOrder={(order) => change({ sort: orderText(order) })}
                onOpen={onOpen}
                onRange={setShown}
              />
            ) : (
              <NoModels filtered={isFiltered(filters)} onClear={() => change({ q: "", state: [] })} />
            )}
          </section>
        )}
      </QueryView>
      <OpenModel
        service={search.get("service") ?? ""}
        metric={search.get("metric") ?? ""}
        rows={query.data?.items ?? []}
        onClose={() => change({ service: "", metric: "" })}
      />
    </div>
  );
}

interface ModelFilterBarProps {
  search: URLSearchParams;
  states: ModelList["states"];
  onChange: (change: SearchChange) => void;
}

function ModelFilterBar({ search, states, onChange }: ModelFilterBarProps) {
  const onText = useCallback((q: string) => onChange({ q }), [onChange]);
  return (
    <div className="filters">
      <ToggleGroup
        label="State"
        options={STATE_KEYS.map((state) => ({
          value: state,
          label: `${STATES[state]} ${formatCount(states[state] ?? 0)}`,
        }))}
        selected={STATE_KEYS.filter((state) => search.getAll("state").includes(state))}
        onChange={(state) => onChange({ state })}
      />
      <TextField
        label="Find a model"
        hideLabel
        type="search"
        placeholder="Find a model"
        value={search.get("q") ?? ""}
        onChange={onText}
        delay={TYPING_PAUSE_MS}
      />
    </div>
  );
}

function NoModels({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <EmptyState title="No model fits">
        <button type="button" className="button" onClick={onClear}>
          Show all models
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No models yet">
      A model belongs to a service and a metric that has a series in Prometheus; none was found so far.
    </EmptyState>
  );
}

interface OpenModelProps {
  service: string;
  metric: string;
  /** Those shown: the one opened is mostly among them. */
  rows: readonly ModelStatus[];
  onClose: () => void;
}

/** The pair that the address names, wherever in the list it stands. */
function OpenModel({ service, metric, rows, onClose }: OpenModelProps) {
  const known = rows.find((each) => each.service === service && each.metric === metric);
  const { data = known } = useQuery({
    ...modelQuery(service, metric),
    enabled: service !== "" && metric !== "",
  });
  return data && service && metric ? <ModelDialog model={data} onClose={onClose} /> : null;
}
