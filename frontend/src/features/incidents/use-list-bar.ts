/** The key that brings the cursor into the filters' text field. */
import { useRef } from "react";
import { useShortcuts } from "@/lib/keys";

export function useListBar() {
  const bar = useRef<HTMLElement>(null);
  useShortcuts("Incidents", [
    {
      keys: "/",
      does: "Search",
      run: () => bar.current?.querySelector<HTMLElement>("input[type=search]")?.focus(),
    },
  ]);
  return bar;
}
