/** Asks what the page at an address will ask, before any of it is drawn. */
import type { QueryClient } from "@tanstack/react-query";
import { firstIncidentsQuery } from "@/features/now/components/needs-you-first";
import { overviewQuery } from "@/lib/api/queries";

const NOW = /^\/ui\/?$/;
/** A page that stands sooner than this is there at once; a server that takes longer must not keep it. */
const PATIENCE_MS = 100;

/** Resolves when Now's answers are here, so that it is drawn once and not twice; on other pages, and on a slow server, sooner. */
export async function askAhead(client: QueryClient, path: string): Promise<void> {
  const overview = client.prefetchQuery(overviewQuery);
  if (!NOW.test(path)) return;
  const answers = Promise.all([overview, client.prefetchQuery(firstIncidentsQuery)]);
  await Promise.race([answers, new Promise((patience) => setTimeout(patience, PATIENCE_MS))]);
}
