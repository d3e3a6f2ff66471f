/** What else fired while this incident did: often the cause, or what it caused. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { SeverityTag, StatusTag } from "@/components/ui/tags";
import { RelativeTime } from "@/components/ui/time";
import type { IncidentDetail } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { incidentPath } from "@/lib/paths";
import { relatedQuery } from "../queries";

export function Related({ incident }: { incident: IncidentDetail }) {
  const { data } = useQuery(relatedQuery(incident));
  if (!data) return null;
  return (
    <section className="section" aria-labelledby="related-title">
      <h2 id="related-title">At the same time</h2>
      {data.items.length === 0 ? (
        <p className="muted">Nothing else fired within five minutes of it.</p>
      ) : (
        <ul className="panel related">
          {data.items.map((each) => (
            <li key={each.id}>
              <SeverityTag severity={each.severity} />
              <Link to={incidentPath(each.id)} className="related-link" title={each.service}>
                <bdi>{each.service}</bdi> {each.metric_title}
              </Link>
              <StatusTag status={each.status} />
              <span className="small">
                <RelativeTime at={each.event_ts} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {data.total > data.items.length && (
        <p className="muted small">and {plural(data.total - data.items.length, "more incident")}</p>
      )}
    </section>
  );
}
