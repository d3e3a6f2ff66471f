/** Where each thing lives under /ui; names of services may hold any characters. */
import { type SearchChange, withChange } from "./search-state";

const DOTS_ONLY = /^\.{1,2}$/;

/** A name of dots alone would be taken for a folder by the browser, so it travels in the query. */
export function servicePath(name: string): string {
  const encoded = encodeURIComponent(name);
  return DOTS_ONLY.test(name) ? `/services/_?name=${encoded}` : `/services/${encoded}`;
}

export function incidentPath(id: number): string {
  return `/incidents/${id}`;
}

/** The list with these filters; several values of one name mean any of them. */
export function incidentsPath(filters: SearchChange): string {
  return `/incidents?${withChange(new URLSearchParams(), filters)}`;
}

export function logsPath(service: string, eventTs?: string | null): string {
  return `/logs?${new URLSearchParams({ service, ...(eventTs && { event_ts: eventTs }) })}`;
}
