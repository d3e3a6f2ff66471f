/** The services that have none of the metrics, in one quiet line: there is nothing to watch on them. */
import { Fragment, useState } from "react";
import { Link } from "react-router";
import type { OverviewService } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { servicePath } from "@/lib/paths";

const FIRST = 5;

export function UncoveredServices({ services }: { services: readonly OverviewService[] }) {
  const [all, setAll] = useState(false);
  if (!services.length) return null;
  const shown = all ? services : services.slice(0, FIRST);
  const rest = services.length - shown.length;
  return (
    <p className="small muted">
      {plural(services.length, "service has", "services have")} none of these metrics:{" "}
      {shown.map(({ service }, index) => (
        <Fragment key={service}>
          {index > 0 && ", "}
          <Link className="uncovered-name" to={servicePath(service)}>
            {service}
          </Link>
        </Fragment>
      ))}
      {rest > 0 && (
        <>
          {" "}
          <button type="button" className="button button-small" onClick={() => setAll(true)}>
            and {rest} more
          </button>
        </>
      )}
    </p>
  );
}
