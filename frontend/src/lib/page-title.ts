/** The browser tab's name. */
import { useEffect } from "react";
import { setTabTitle } from "./announce";

export function usePageTitle(title: string): void {
  useEffect(() => setTabTitle(`${title} · Canopy`), [title]);
}
