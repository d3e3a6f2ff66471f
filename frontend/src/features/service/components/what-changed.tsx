/** What changed in the stretch that was dragged over: metrics here and elsewhere, logs, incidents; each with its evidence. */
import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { seconds } from "@/components/chart-model";
import { IncidentRow } from "@/components/incident-row";
import { Keys } from "@/components/ui/keys";
import { QueryView, Skeleton } from "@/components/ui/states";
import type { Annotation, Changes, IncidentSummary } from "@/lib/api/types";
import { formatClock, formatDateTime, formatDuration, plural } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { changesQuery } from "../queries";
import { changesSentence, type Selection } from "../view-model";
import { MetricChangeRow } from "./metric-change";
import { TemplateChange } from "./template-change";

interface WhatChangedProps {
  service: string;
  selection: Selection;
  onZoom: () => void;
  onClose: () => void;
  onPick: (time: number) => void;
}

export function WhatChanged({ service, selection, onZoom, onClose, onPick }: WhatChangedProps) {
  const { zone } = usePreferences();
  const { from, to } = selection;
  const query = useQuery(changesQuery(service, selection));
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new stretch is news to be read
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [from, to]);
  const length = formatDuration(Date.parse(to) - Date.parse(from));
  return (
    <section className="panel what-changed" aria-labelledby="what-changed">
      <header className="what-changed-head">
        <div>
          <h2 id="what-changed" ref={heading} tabIndex={-1}>
            What changed here
          </h2>
          <p className="muted small">
            {formatDateTime(from, zone)} to {formatClock(to, zone)} ({length})
          </p>
        </div>
        <div className="row">
          <button type="button" className="button button-small" onClick={onZoom}>
            <Search aria-hidden="true" size={13} /> Zoom in <Keys keys="i" />
          </button>
          <button type="button" className="button button-small" onClick={onClose}>
            <X aria-hidden="true" size={13} /> Close <Keys keys="Escape" />
          </button>
        </div>
      </header>
      <QueryView
        query={query}
        what="What changed"
        skeleton={<Skeleton height={320} label="Comparing with the time before" />}
      >
        {(changes) => <Found changes={changes} selection={selection} onPick={onPick} />}
      </QueryView>
    </section>
  );
}

interface FoundProps {
  changes: Changes;
  selection: Selection;
  onPick: (time: number) => void;
}

function Found({ changes, selection, onPick }: FoundProps) {
  const { zone } = usePreferences();
  const { start, end } = changes.compared_with;
  const moved = changes.metrics.filter((change) => change.notable);
  const still = changes.metrics.filter((change) => !change.notable);
  return (
    <>
      <p role="status" className="what-changed-sentence">
        {changesSentence(changes)}
      </p>
      <p className="muted small">
        Held against the {formatDuration(Date.parse(end) - Date.parse(start))} before, from{" "}
        {formatDateTime(start, zone)}.
      </p>
      <section className="section" aria-label="Metrics of this service">
        <h3>
          Metrics of <bdi>{changes.service}</bdi>
        </h3>
        {moved.length > 0 && (
          <ol className="changes">
            {moved.map((change) => (
              <MetricChangeRow key={change.metric} {...{ change, changes, onPick }} />
            ))}
          </ol>
        )}
        {still.length > 0 && (
          <details>
            <summary>{plural(still.length, "metric")} moved no more than noise does</summary>
            <ol className="changes">
              {still.map((change) => (
                <MetricChangeRow key={change.metric} {...{ change, changes, onPick }} />
              ))}
            </ol>
          </details>
        )}
        {changes.not_compared.map(({ metric, reason }) => (
          <p key={metric} className="muted small">
            {metric} is not compared: {reason}.
          </p>
        ))}
      </section>
      <Elsewhere changes={changes} onPick={onPick} />
      <section className="section" aria-label="Log templates">
        <h3>Logs: new, or more than usual</h3>
        {changes.templates.length ? (
          <ol className="changes">
            {changes.templates.map((template) => (
              <TemplateChange key={`${template.level} ${template.template}`} {...{ template, selection }} />
            ))}
          </ol>
        ) : (
          <p className="muted">Nothing that was not said as often before.</p>
        )}
        {changes.templates_truncated && (
          <p className="muted small">Only the newest lines were looked at: there are too many.</p>
        )}
      </section>
      <Happened happened={changes.happened} onPick={onPick} />
      <Incidents incidents={changes.incidents} />
    </>
  );
}

function Elsewhere({ changes, onPick }: Omit<FoundProps, "selection">) {
  const { others, others_compared, others_skipped } = changes;
  return (
    <section className="section" aria-label="Other services">
      <h3>Elsewhere</h3>
      {others.length > 0 && (
        <ol className="changes">
          {others.map((change) => (
            <MetricChangeRow
              key={`${change.service} ${change.metric}`}
              elsewhere
              {...{ change, changes, onPick }}
            />
          ))}
        </ol>
      )}
      {others.length === 0 && (
        <p className="muted">
          {others_skipped
            ? `Not looked at: ${others_skipped}.`
            : `Nothing moved on the ${plural(others_compared, "metric")} of other services.`}
        </p>
      )}
    </section>
  );
}

interface HappenedProps {
  happened: readonly Annotation[];
  onPick: (time: number) => void;
}

function Happened({ happened, onPick }: HappenedProps) {
  const { zone } = usePreferences();
  return (
    <section className="section" aria-label="Restarts and deploys">
      <h3>Restarts, deploys and the like</h3>
      {happened.length ? (
        <ol className="changes">
          {happened.map(({ service, kind, since, words }) => (
            <li key={`${service} ${kind} ${since}`} className="change change-line">
              <span className="change-name break">
                {service}: {words}
              </span>
              <button type="button" className="button button-small" onClick={() => onPick(seconds(since))}>
                {formatClock(since, zone)}
              </button>
            </li>
          ))}
        </ol>
      ) : (
        <p className="muted">None, on any service.</p>
      )}
    </section>
  );
}

function Incidents({ incidents }: { incidents: readonly IncidentSummary[] }) {
  return (
    <section className="section" aria-label="Incidents in this stretch">
      <h3>Incidents that fired</h3>
      {incidents.length ? (
        <ol className="changes-incidents">
          {incidents.map((incident) => (
            <li key={incident.id}>
              <IncidentRow incident={incident} />
            </li>
          ))}
        </ol>
      ) : (
        <p className="muted">None, on any service.</p>
      )}
    </section>
  );
}

/** While nothing is selected: how to ask. */
export function WhatChangedHint() {
  return (
    <p className="muted small what-changed-hint">
      <strong>What changed?</strong> Drag over a stretch of any chart (by keys: <Keys keys="Shift" /> and the
      arrows, then <Keys keys="Enter" />
      ). A click on a reading brings the log lines around it.
    </p>
  );
}
