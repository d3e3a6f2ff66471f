/** Now: how things are in one sentence, what needs someone first, and every service, worst first. */
import { usePrefetchQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useDeferredValue, useMemo } from "react";
import { LeftOutNote } from "@/components/left-out-note";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/states";
import { overviewQuery } from "@/lib/api/queries";
import type { Overview, OverviewService } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount, formatDateTime, formatDuration } from "@/lib/format";
import { leftOut, oneOf } from "@/lib/left-out";
import { usePageTitle } from "@/lib/page-title";
import { usePreferences } from "@/lib/preferences";
import { useSearchState } from "@/lib/search-state";
import { firstIncidentsQuery, NeedsYouFirst } from "./components/needs-you-first";
import { ServiceGrid } from "./components/service-grid";
import { ServiceSearch } from "./components/service-search";
import { UncoveredServices } from "./components/uncovered-services";
import { coverageOf, filterServices, STANDINGS, type Standing, sentence, warmingUpText } from "./view-model";
import "./now.css";

export function NowPage() {
  // At the same time as the overview, not after it.
  usePrefetchQuery(firstIncidentsQuery);
  const query = useQuery(overviewQuery);
  usePageTitle(tabTitle(query.data));
  return (
    <div className="stack">
      <h1 className="visually-hidden">Now</h1>
      <QueryView query={query} what="The overview" skeleton={<NowSkeleton />}>
        {(overview) =>
          overview.services.length ? <Loaded overview={overview} /> : <Nothing overview={overview} />
        }
      </QueryView>
    </div>
  );
}

function tabTitle(overview: Overview | undefined): string {
  const trouble = overview ? (overview.severities.Critical ?? 0) + (overview.severities.High ?? 0) : 0;
  return trouble ? `(${trouble}) Now` : "Now";
}

function Loaded({ overview: newest }: { overview: Overview }) {
  // Drawn in pieces between frames: a poll of thousands of services must not hold a key press up.
  const overview = useDeferredValue(newest);
  const [search, setSearch] = useSearchState();
  const text = search.get("q") ?? "";
  const shown = STANDINGS.find((each) => each === search.get("show")) ?? null;
  const { watched, uncovered } = useMemo(() => coverageOf(overview), [overview]);
  const services = useMemo(() => filterServices(watched, { text, shown }), [watched, text, shown]);
  return (
    <>
      <Sentence
        services={watched}
        timestamp={overview.timestamp}
        shown={shown}
        onShow={(kind) => setSearch({ show: kind ?? "" })}
      />
      <LeftOutNote what={leftOut(search, { show: oneOf(STANDINGS) })} />
      {overview.warming_up && <WarmingUpBanner overview={overview} />}
      <NeedsYouFirst />
      <section className="section" aria-labelledby="services-title">
        <div className="row row-spread">
          <h2 id="services-title">
            Services{" "}
            <span className="muted">
              {services.length === watched.length
                ? formatCount(services.length)
                : `${formatCount(services.length)} of ${formatCount(watched.length)}`}
            </span>
          </h2>
          <ServiceSearch value={text} matches={services} onChange={(q) => setSearch({ q })} />
        </div>
        {services.length ? (
          <ServiceGrid services={services} />
        ) : (
          <EmptyState title="No service fits">
            <button type="button" className="button" onClick={() => setSearch({ q: "", show: "" })}>
              Show all {formatCount(watched.length)}
            </button>
          </EmptyState>
        )}
        <UncoveredServices services={uncovered} />
      </section>
    </>
  );
}

interface SentenceProps {
  services: readonly OverviewService[];
  timestamp: string | null;
  shown: Standing | null;
  onShow: (kind: Standing | null) => void;
}

function Sentence({ services, timestamp, shown, onShow }: SentenceProps) {
  const now = useNow();
  const parts = useMemo(() => sentence(services), [services]);
  return (
    <p className="sentence">
      {parts.map(({ kind, count }, index) => (
        <Fragment key={kind}>
          <button
            type="button"
            className={`sentence-part ${count ? `sentence-${kind}` : ""}`}
            aria-pressed={shown === kind}
            title={shown === kind ? "Show all services" : `Show only the ${kind} services`}
            onClick={() => onShow(shown === kind ? null : kind)}
          >
            <b>{formatCount(count)}</b> {kind}
          </button>
          {index < parts.length - 1 ? ", " : "; "}
        </Fragment>
      ))}
      <span className="sentence-age">
        {timestamp ? `data ${formatDuration(now - Date.parse(timestamp))} old` : "no poll has finished yet"}
      </span>
    </p>
  );
}

function WarmingUpBanner({ overview }: { overview: Overview }) {
  const now = useNow();
  const { zone } = usePreferences();
  const warming = overview.warming_up;
  if (!warming) return null;
  return (
    <div className="warming">
      <p>
        <strong>{warmingUpText(warming, now, zone)}.</strong>{" "}
        <span className="muted">
          {warming.pairs === 1 ? "One metric has" : `${warming.pairs} metrics have`} no model yet: severity is
          shown, but nothing is called unusual until then.
        </span>
      </p>
      <progress max={warming.need} value={warming.have} aria-label="Samples collected" />
    </div>
  );
}

function Nothing({ overview }: { overview: Overview }) {
  const { zone } = usePreferences();
  return (
    <EmptyState title="No services found">
      {overview.timestamp
        ? `Prometheus was asked at ${formatDateTime(overview.timestamp, zone)} and has no series with a service label that the metrics in config.yaml match. `
        : "The first poll has not finished yet. "}
      Asked again every {overview.poll_interval} s.
    </EmptyState>
  );
}

function NowSkeleton() {
  return (
    <>
      <Skeleton height={34} label="Loading the overview" />
      <Skeleton height={210} label="Loading what needs you first" />
      <div className="service-grid service-grid-waiting">
        {[0, 1, 2, 3].map((card) => (
          <Skeleton key={card} height={252} label="Loading a service" />
        ))}
      </div>
    </>
  );
}
