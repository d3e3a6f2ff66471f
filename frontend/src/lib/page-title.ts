/** The browser tab's name. */
import { useEffect } from "react";

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Canopy`;
  }, [title]);
}
