/** Sensitivity: how much each metric takes before it calls a reading anomalous, and who changed that. */
import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { ModelsNav } from "@/components/models-nav";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { AbsoluteTime } from "@/components/ui/time";
import type { MetricSensitivity, SensitivityList } from "@/lib/api/types";
import { usePageTitle } from "@/lib/page-title";
import { useSearchState } from "@/lib/search-state";
import { SensitivityDialog } from "./components/sensitivity-dialog";
import { sensitivityQuery } from "./queries";
import { sensitivityText } from "./view-model";
import "./sensitivity.css";

export default function SensitivityPage() {
  usePageTitle("Sensitivity");
  const query = useQuery(sensitivityQuery);
  return (
    <div className="stack">
      <h1>Sensitivity</h1>
      <ModelsNav />
      <QueryView
        query={query}
        what="The sensitivities"
        skeleton={<Skeleton height={260} label="Loading the sensitivities" />}
      >
        {(list) =>
          list.items.length ? (
            <Loaded list={list} />
          ) : (
            <EmptyState title="No metrics">config.yaml names no metric to watch.</EmptyState>
          )
        }
      </QueryView>
    </div>
  );
}

function Loaded({ list }: { list: SensitivityList }) {
  const [search, change] = useSearchState();
  const open = list.items.find(({ metric }) => metric === search.get("metric"));
  return (
    <>
      {!list.applies && (
        <EmptyState title="The isolation forest has no sensitivity">
          config.yaml sets detection.detector to isolation_forest; training.contamination sets its threshold.
        </EmptyState>
      )}
      <SettingTable list={list} onChange={(metric) => change({ metric })} />
      <History list={list} />
      {open && list.applies && (
        <SensitivityDialog
          key={open.metric}
          setting={open}
          words={list.words}
          onClose={() => change({ metric: "" })}
        />
      )}
    </>
  );
}

interface SettingTableProps {
  list: SensitivityList;
  onChange: (metric: string) => void;
}

function SettingTable({ list, onChange }: SettingTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className="panel table-box" aria-label="Sensitivity by metric" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Sensitivity</th>
            <th scope="col" className="number">
              Anomalous from score
            </th>
            <th scope="col">Set by</th>
            <th scope="col">
              <span className="visually-hidden">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.items.map((setting) => (
            <SettingRow key={setting.metric} setting={setting} disabled={!list.applies} onChange={onChange} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface SettingRowProps {
  setting: MetricSensitivity;
  disabled: boolean;
  onChange: (metric: string) => void;
}

function SettingRow({ setting, disabled, onChange }: SettingRowProps) {
  const { metric, title, sensitivity, threshold, source, configured } = setting;
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>
        <strong>{sensitivityText(sensitivity)}</strong>
      </td>
      <td className="number">{threshold}</td>
      <td>
        {source === "operator"
          ? `an operator; config.yaml says ${sensitivityText(configured)}`
          : "config.yaml"}
      </td>
      <td>
        <button
          type="button"
          className="button button-small"
          aria-label={`Change the sensitivity of ${title}`}
          disabled={disabled}
          onClick={() => onChange(metric)}
        >
          <SlidersHorizontal aria-hidden="true" size={13} /> Change
        </button>
      </td>
    </tr>
  );
}

function History({ list }: { list: SensitivityList }) {
  return (
    <section className="section" aria-label="Changes">
      <h2>Who changed it</h2>
      {list.history.length === 0 ? (
        <p className="muted">Nobody has changed a sensitivity; config.yaml holds.</p>
      ) : (
        <ol className="panel sensitivity-history">
          {list.history.map((change) => (
            <li key={`${change.at} ${change.metric}`}>
              <AbsoluteTime at={change.at} /> <bdi>{change.by}</bdi> set{" "}
              {list.items.find(({ metric }) => metric === change.metric)?.title ?? change.metric}{" "}
              {change.sensitivity === null
                ? "back to config.yaml"
                : `to ${sensitivityText(change.sensitivity)}`}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
