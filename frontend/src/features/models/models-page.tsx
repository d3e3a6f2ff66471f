/** Every pair's model: ready, learning or failed, and why; and the way to train them anew. */
import { useQuery } from "@tanstack/react-query";
import { memo, useCallback } from "react";
import { Link } from "react-router";
import { ModelsNav } from "@/components/models-nav";
import { TextField } from "@/components/ui/field";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import type { ModelStatus } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount, formatDateTime, formatDuration, formatRange, formatRelative } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { servicePath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { useSearchState } from "@/lib/search-state";
import { RetrainPanel } from "./components/retrain-panel";
import { modelsQuery } from "./queries";
import { describeModel, modelCounts, sortModels } from "./view-model";
import "./models.css";

const MINUTE_MS = 60_000;

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
            <ModelTable models={items} />
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

function ModelTable({ models }: { models: ModelStatus[] }) {
  const [search, setSearch] = useSearchState();
  const text = search.get("q") ?? "";
  const onText = useCallback((q: string) => setSearch({ q }), [setSearch]);
  const now = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const shown = sortModels(models).filter((model) =>
    `${model.service} ${model.metric}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <section className="section" aria-labelledby="pairs-title">
      <div className="row row-spread">
        <h2 id="pairs-title">
          {formatCount(models.length)} pairs{" "}
          <span className="muted models-counts">{modelCounts(models)}</span>
        </h2>
        <TextField
          label="Find a model"
          hideLabel
          type="search"
          placeholder="Find a model"
          value={text}
          onChange={onText}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className="panel table-box" aria-label="Models by pair" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Metric</th>
              <th scope="col">State</th>
              <th scope="col">Trained</th>
              <th scope="col" className="number">
                Samples
              </th>
              <th scope="col" className="number">
                Window
              </th>
              <th scope="col" className="number">
                Expected range
              </th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((model) => (
              <ModelRow key={`${model.service}\n${model.metric}`} model={model} now={now} />
            ))}
          </tbody>
        </table>
      </section>
      {shown.length === 0 && <EmptyState title="No model fits" />}
    </section>
  );
}

/** Told the time by the minute, so that hundreds of rows need not be drawn each second. */
const ModelRow = memo(function ModelRow({ model, now }: { model: ModelStatus; now: number }) {
  const { zone } = usePreferences();
  const words = describeModel(model, now, zone);
  return (
    <tr>
      <th scope="row">
        <Link to={servicePath(model.service)}>{model.service}</Link>
      </th>
      <td>{model.metric}</td>
      <td className="model-state">
        <span className={`model-word model-${words.tone}`}>{words.word}</span>
        {words.detail && <span className="break"> {words.detail}</span>}
      </td>
      <td title={model.trained_at ? formatDateTime(model.trained_at, zone) : undefined}>
        {model.trained_at ? formatRelative(model.trained_at, now) : "never"}
      </td>
      <td className="number">{formatCount(model.samples ?? model.have)}</td>
      <td className="number">{formatDuration(model.window * 1_000)}</td>
      <td className="number">
        {model.expected ? formatRange(model.expected.low, model.expected.high, "") : "not learned"}
      </td>
      <td className="model-version">{model.version ?? "none"}</td>
    </tr>
  );
});
