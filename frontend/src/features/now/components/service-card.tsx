/** One service: its worst state in the head, one row a metric. */
import { History } from "lucide-react";
import { memo } from "react";
import { Link } from "react-router";
import { Sparkline } from "@/components/sparkline";
import { SeverityTag } from "@/components/ui/tags";
import { RelativeTime } from "@/components/ui/time";
import { NOT_RESOLVED } from "@/lib/api/queries";
import type { Artefact, OverviewMetric, OverviewService } from "@/lib/api/types";
import { serverNow } from "@/lib/clock";
import { formatClock, formatDateTime, quantity } from "@/lib/format";
import { incidentsPath, servicePath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { describeReading } from "@/lib/reading";
import { artefactsOf, learnsInPart, type Standing, standingOf } from "../view-model";

export const ServiceCard = memo(function ServiceCard({ service }: { service: OverviewService }) {
  const standing = standingOf(service);
  return (
    <article className={`panel service-card service-card-${standing}`}>
      <header className="service-card-head">
        <h3 className="service-card-title">
          <Link to={servicePath(service.service)} className="service-card-name" title={service.service}>
            <bdi>{service.service}</bdi>
          </Link>
        </h3>
        {service.open_incidents > 0 && (
          <Link className="small" to={incidentsPath({ service: service.service, status: NOT_RESOLVED })}>
            {service.open_incidents} not resolved
            <span className="visually-hidden"> on {service.service}</span>
          </Link>
        )}
        <StandingTag standing={standing} inPart={learnsInPart(service)} />
      </header>
      {artefactsOf(service).map((artefact) => (
        <ArtefactNote key={artefact.kind} artefact={artefact} />
      ))}
      <ul>
        {Object.entries(service.metrics).map(([key, metric]) => (
          <MetricRow key={key} metric={metric} />
        ))}
      </ul>
    </article>
  );
});

/** What happened to the service itself, and whether alerts wait until it has settled. */
function ArtefactNote({ artefact }: { artefact: Artefact }) {
  const { zone } = usePreferences();
  const { words, since, settles_at } = artefact;
  const waits = settles_at && Date.parse(settles_at) > serverNow();
  return (
    <p className="service-card-artefact" title={formatDateTime(since, zone)}>
      <History aria-hidden="true" size={14} />
      <span>
        {words} <RelativeTime at={since} />
        {waits && `; alerts wait until ${formatClock(settles_at, zone)}`}
      </span>
    </p>
  );
}

const SEVERITIES = { critical: "Critical", high: "High", normal: "Normal" } as const;

function StandingTag({ standing, inPart }: { standing: Standing; inPart: boolean }) {
  if (standing !== "learning" && standing !== "blind") return <SeverityTag severity={SEVERITIES[standing]} />;
  const learning = inPart ? "Partly learning" : "Learning";
  return (
    <span className="severity severity-unknown">
      <span aria-hidden="true">◌</span> {standing === "blind" ? "Blind" : learning}
    </span>
  );
}

const MetricRow = memo(function MetricRow({ metric }: { metric: OverviewMetric }) {
  const words = describeReading(metric);
  const shown = metric.value === null ? null : quantity(metric.value, metric.unit);
  return (
    <li className={`metric-row metric-row-${words.severity.toLowerCase()}`}>
      <div className="metric-row-figure">
        <span className="metric-row-title" title={metric.title}>
          {metric.title}
        </span>
        <span className="metric-row-value">
          {shown ? (
            <>
              {shown.number} <small>{shown.unit}</small>
            </>
          ) : (
            "no value"
          )}
        </span>
      </div>
      <Sparkline
        values={metric.recent}
        expected={metric.expected}
        unit={metric.unit}
        stale={metric.value === null}
      />
      <div className="metric-row-words">
        <SeverityTag severity={words.severity} />
        <span className={words.verdict === "unusual" ? "metric-row-unusual" : "muted"}>{words.verdict}</span>
      </div>
      {words.note && (
        <p className="metric-row-note" title={words.note}>
          {words.note}
        </p>
      )}
    </li>
  );
});
