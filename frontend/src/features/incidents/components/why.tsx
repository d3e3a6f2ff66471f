/** Why the incident was opened: what was seen, what was expected, what makes it strange, what it is like. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail, ReasonCard } from "@/lib/api/types";
import { formatDuration, formatNumber, formatRange, formatValue } from "@/lib/format";
import { incidentPath } from "@/lib/paths";
import { distanceWords, eventReading, lastedMs, sideWords } from "../view-model";

export function Why({ incident }: { incident: IncidentDetail }) {
  const { card, unit } = incident;
  const reading = eventReading(incident);
  return (
    <section className="section" aria-labelledby="why-title">
      <h2 id="why-title">Why this was opened</h2>
      <div className="panel">
        <dl className="facts">
          {reading && (
            <>
              <Fact name={incident.metric_title}>
                <strong>{formatValue(reading.value, unit)}</strong>{" "}
                {distanceWords(reading) || (card && sideWords(card.side))}
              </Fact>
              <Fact name="Expected">{expectedWords(card, incident)}</Fact>
            </>
          )}
          {card?.last_week != null && (
            <Fact name="This hour last week">{formatValue(card.last_week, unit)}</Fact>
          )}
          {card?.yesterday != null && (
            <Fact name="This hour yesterday">{formatValue(card.yesterday, unit)}</Fact>
          )}
          <Fact name="Fired for">
            {formatDuration(lastedMs(incident))}, last <RelativeTime at={incident.last_fired_at} />
          </Fact>
          <Fact name="Score">
            {reading?.score == null ? "none" : `${formatNumber(reading.score)} of 1`}
            <span className="muted">, policy {incident.policy.replaceAll("_", " ")}</span>
          </Fact>
        </dl>
        {card && card.shares.length > 0 && <Shares card={card} />}
        {card?.nearest && <Nearest past={card.nearest} />}
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** The card knows of ranges with one end, the reading of whole ones. */
function expectedWords(card: ReasonCard | null, incident: IncidentDetail): string {
  const { unit } = incident;
  if (card && card.low !== null && card.high === null) return `from ${formatValue(card.low, unit)}`;
  if (card && card.high !== null && card.low === null) return `up to ${formatValue(card.high, unit)}`;
  const range = eventReading(incident)?.expected;
  return range ? formatRange(range.low, range.high, unit) : "not learned";
}

function Shares({ card }: { card: ReasonCard }) {
  return (
    <section className="why-part" aria-label="What the model saw">
      <h3>What the model saw</h3>
      <ul className="shares">
        {card.shares.map((share) => (
          <li key={share.about} className="share">
            <span>{share.words}</span>
            <span className="share-bar" aria-hidden="true">
              <i style={{ inlineSize: `${Math.round(share.part * 100)}%` }} />
            </span>
            <span className="share-part">{Math.round(share.part * 100)}%</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Nearest({ past }: { past: NonNullable<ReasonCard["nearest"]> }) {
  return (
    <section className="why-part" aria-label="It was like this before">
      <h3>It was like this before</h3>
      <p>
        <Link to={incidentPath(past.id)}>#{past.id}</Link> <bdi className="break">{past.title}</bdi>,{" "}
        <RelativeTime at={past.opened_at} />.
      </p>
      <p className="muted" dir="auto">
        {past.resolution} (<AbsoluteTime at={past.resolved_at} />)
      </p>
    </section>
  );
}
