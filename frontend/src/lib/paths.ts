/** Where each thing lives under /ui; names of services may hold any characters. */

const DOTS_ONLY = /^\.{1,2}$/;

/** A name of dots alone would be taken for a folder by the browser, so it travels in the query. */
export function servicePath(name: string): string {
  const encoded = encodeURIComponent(name);
  return DOTS_ONLY.test(name) ? `/services/_?name=${encoded}` : `/services/${encoded}`;
}

export function incidentPath(id: number): string {
  return `/incidents/${id}`;
}

export function incidentsPath(filters: Record<string, string>): string {
  return `/incidents?${new URLSearchParams(filters)}`;
}

export function logsPath(service: string, eventTs?: string | null): string {
  return `/logs?${new URLSearchParams({ service, ...(eventTs && { event_ts: eventTs }) })}`;
}
