/** What is around every page: where one can go, how fresh the data is, how it is shown. */
import { useQuery } from "@tanstack/react-query";
import { Activity, BrainCircuit, ListTree, Siren } from "lucide-react";
import { type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import { NavLink } from "react-router";
import { Toasts } from "@/components/toasts";
import { overviewQuery } from "@/lib/api/queries";
import { usePreferences } from "@/lib/preferences";
import { PartBoundary } from "./boundaries";
import { ClockBanner } from "./clock-banner";
import { Commands } from "./commands";
import { ConnectionState, ConnectionUnknown } from "./connection-state";
import { DisplaySettings } from "./display-settings";
import { useLiveUpdates } from "./live-updates";
import { News } from "./news";
import { RetrainElsewhere, RetrainMenu } from "./retrain-menu";
import { SourceBanners, SourcesUnknown } from "./source-banners";
import "./shell.css";

const nothing = () => null;

export function Shell({ children }: { children: ReactNode }) {
  const { refresh } = usePreferences();
  const connection = useLiveUpdates(refresh);
  const bar = useRef<HTMLElement>(null);
  useBarHeight(bar);
  return (
    <>
      <PartBoundary fallback={nothing}>
        <News />
      </PartBoundary>
      <SkipLink to="page">Skip to the page</SkipLink>
      <header ref={bar} className="shell-bar">
        <NavLink to="/" className="brand">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={22} height={22} />
          <span className="brand-word">Canopy</span>
        </NavLink>
        <Navigation />
        <div className="shell-tools">
          <PartBoundary fallback={() => <ConnectionUnknown />}>
            <ConnectionState connection={connection} />
          </PartBoundary>
          <Commands />
          <DisplaySettings />
          <PartBoundary fallback={() => <RetrainElsewhere />}>
            <RetrainMenu />
          </PartBoundary>
        </div>
      </header>
      <ClockBanner />
      <PartBoundary fallback={(error) => <SourcesUnknown error={error} />}>
        <SourceBanners />
      </PartBoundary>
      <main id="page" className="shell-page" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </>
  );
}

/** Tells the style sheets how much of the window the bar covers: it wraps where that is narrow or the text large. */
function useBarHeight(bar: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => style.setProperty("--bar-height", `${element.offsetHeight}px`));
    observer.observe(element);
    return () => observer.disconnect();
  }, [bar]);
}

/** Moves the focus itself: an address with a fragment would be one more step back. */
function SkipLink({ to, children }: { to: string; children: string }) {
  return (
    <a
      className="skip-link"
      href={`#${to}`}
      onClick={(event) => {
        event.preventDefault();
        document.getElementById(to)?.focus();
      }}
    >
      {children}
    </a>
  );
}

function NotResolved() {
  const { data } = useQuery(overviewQuery);
  const open = data?.open_incidents ?? 0;
  if (open === 0) return null;
  return (
    <span className="shell-count">
      {open}
      <span className="visually-hidden"> not resolved</span>
    </span>
  );
}

function Navigation() {
  return (
    <nav className="shell-nav" aria-label="Pages">
      <NavLink to="/" end>
        <Activity aria-hidden="true" size={16} /> Now
      </NavLink>
      <NavLink to="/incidents">
        <Siren aria-hidden="true" size={16} /> Incidents
        <PartBoundary fallback={nothing}>
          <NotResolved />
        </PartBoundary>
      </NavLink>
      <NavLink to="/logs">
        <ListTree aria-hidden="true" size={16} /> Logs
      </NavLink>
      <NavLink to="/models">
        <BrainCircuit aria-hidden="true" size={16} /> Models
      </NavLink>
    </nav>
  );
}
