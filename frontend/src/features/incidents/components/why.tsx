/** Why the incident was opened, in figures. */
import type { IncidentDetail } from "@/lib/api/types";
import { formatNumber, formatRange, formatValue } from "@/lib/format";
import { distanceWords, eventReading } from "../view-model";

export function Why({ incident }: { incident: IncidentDetail }) {
  const reading = eventReading(incident);
  return (
    <section className="section" aria-labelledby="why-title">
      <h2 id="why-title">Why this was opened</h2>
      <dl className="panel facts">
        {reading && (
          <>
            <dt>{incident.metric_title}</dt>
            <dd>
              <strong>{formatValue(reading.value, incident.unit)}</strong> {distanceWords(reading)}
            </dd>
            <dt>Expected</dt>
            <dd>
              {reading.expected
                ? formatRange(reading.expected.low, reading.expected.high, incident.unit)
                : "not learned"}
            </dd>
            <dt>Anomaly score</dt>
            <dd>{reading.score === null ? "none" : `${formatNumber(reading.score)} of 1`}</dd>
          </>
        )}
        <dt>Policy</dt>
        <dd>{incident.policy.replaceAll("_", " ")}</dd>
      </dl>
    </section>
  );
}
