/** The log lines that explain the incident; after a reading is picked in the chart, those around it. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { LogLines } from "@/components/log-lines";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { AbsoluteTime } from "@/components/ui/time";
import type { IncidentDetail } from "@/lib/api/types";
import { logsPath } from "@/lib/paths";
import { logsAtQuery } from "../queries";
import { logCounts } from "../view-model";

const BOX_PX = 360;

interface IncidentLogsProps {
  incident: IncidentDetail;
  /** RFC 3339; null for the event itself. */
  at: string | null;
  onBack: () => void;
}

export function IncidentLogs({ incident, at, onBack }: IncidentLogsProps) {
  const { service, logs, event_ts } = incident;
  if (at !== null) return <LogsAt service={service} at={at} onBack={onBack} />;
  const count = logs.length > 0 && <span className="muted incident-count">{logCounts(logs)}</span>;
  return (
    <LogSection title={<>Logs around the event {count}</>} service={service} at={event_ts}>
      {logs.length ? (
        <LogLines lines={logs} label="Log lines around the event" />
      ) : (
        <EmptyState title="No log lines around the event">
          <bdi>{service}</bdi> wrote none that Canopy has read for that time.
        </EmptyState>
      )}
    </LogSection>
  );
}

interface LogsAtProps {
  service: string;
  at: string;
  onBack: () => void;
}

function LogsAt({ service, at, onBack }: LogsAtProps) {
  const query = useQuery(logsAtQuery(service, at));
  const title = (
    <>
      Logs around <AbsoluteTime at={at} />
    </>
  );
  const back = (
    <button type="button" className="button button-small" onClick={onBack}>
      Back to the event
    </button>
  );
  return (
    <LogSection title={title} service={service} at={at} tools={back}>
      <QueryView
        query={query}
        what="The logs"
        skeleton={<Skeleton height={BOX_PX} label="Loading the logs" />}
      >
        {({ lines }) =>
          lines.length ? (
            <LogLines lines={lines} label="Log lines around the picked reading" at={at} />
          ) : (
            <EmptyState title="No log lines around this reading">
              <bdi>{service}</bdi> wrote none that Canopy has read for that time.
            </EmptyState>
          )
        }
      </QueryView>
    </LogSection>
  );
}

interface LogSectionProps {
  title: ReactNode;
  service: string;
  at: string;
  tools?: ReactNode;
  children: ReactNode;
}

function LogSection({ title, service, at, tools, children }: LogSectionProps) {
  return (
    <section className="section" aria-labelledby="logs-title" id="logs">
      <div className="row row-spread">
        <h2 id="logs-title" aria-live="polite">
          {title}
        </h2>
        <span className="row">
          {tools}
          <Link to={logsPath(service, at)} className="small">
            Open in Logs
          </Link>
        </span>
      </div>
      {children}
    </section>
  );
}
