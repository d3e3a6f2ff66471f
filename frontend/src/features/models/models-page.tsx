/** Every pair's model: ready, learning or failed, and why; and the way to train them anew. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useMemo } from "react";
import { ModelsNav } from "@/components/models-nav";
import { TextField, ToggleGroup } from "@/components/ui/field";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { ModelStatus } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { useSearchState } from "@/lib/search-state";
import { ModelDialog } from "./components/model-dialog";
import { ModelTable } from "./components/model-table";
import { RetrainPanel } from "./components/retrain-panel";
import { modelsQuery } from "./queries";
import {
  countOf,
  filterModels,
  type ModelState,
  orderText,
  readOrder,
  STATES,
  sortModels,
} from "./view-model";
import "./models.css";

const STATE_KEYS = Object.keys(STATES) as ModelState[];

export default function ModelsPage() {
  usePageTitle("Models");
  const query = useQuery(modelsQuery);
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
        {({ items }) =>
          items.length ? (
            <Models models={items} />
          ) : (
            <EmptyState title="No models yet">
              A model belongs to a service and a metric that has a series in Prometheus; none was found so
              far.
            </EmptyState>
          )
        }
      </QueryView>
    </div>
  );
}

function Models({ models: newest }: { models: ModelStatus[] }) {
  const models = useDeferredValue(newest);
  const [search, change] = useSearchState();
  const [text, sort] = [search.get("q") ?? "", search.get("sort")];
  const chosen = search.getAll("state").join(" ");
  const shown = useMemo(() => {
    const states = STATE_KEYS.filter((state) => chosen.split(" ").includes(state));
    return sortModels(filterModels(models, { text, states }), readOrder(sort));
  }, [models, text, chosen, sort]);
  const open = models.find(
    ({ service, metric }) => service === search.get("service") && metric === search.get("metric"),
  );
  const onText = useCallback((q: string) => change({ q }), [change]);
  const onOpen = useCallback(({ service, metric }: ModelStatus) => change({ service, metric }), [change]);
  return (
    <section className="section" aria-labelledby="pairs-title">
      <div className="row row-spread">
        <h2 id="pairs-title">
          {shown.length < models.length && `${formatCount(shown.length)} of `}
          {plural(models.length, "pair")}
        </h2>
        <div className="filters">
          <ToggleGroup
            label="State"
            options={STATE_KEYS.map((state) => ({
              value: state,
              label: `${STATES[state]} ${formatCount(countOf(models, state))}`,
            }))}
            selected={STATE_KEYS.filter((state) => chosen.split(" ").includes(state))}
            onChange={(state) => change({ state })}
          />
          <TextField
            label="Find a model"
            hideLabel
            type="search"
            placeholder="Find a model"
            value={text}
            onChange={onText}
          />
        </div>
      </div>
      {shown.length ? (
        <ModelTable
          models={shown}
          order={readOrder(sort)}
          onOrder={(order) => change({ sort: orderText(order) })}
          onOpen={onOpen}
        />
      ) : (
        <EmptyState title="No model fits">
          <button type="button" className="button" onClick={() => change({ q: "", state: [] })}>
            Show all {formatCount(models.length)}
          </button>
        </EmptyState>
      )}
      {open && <ModelDialog model={open} onClose={() => change({ service: "", metric: "" })} />}
    </section>
  );
}
