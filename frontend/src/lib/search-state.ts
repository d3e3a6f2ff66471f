/** A view's filters, kept in its address, so that a saved view is a link. */
import { useCallback, useRef } from "react";
import { useSearchParams } from "react-router";

export type SearchChange = Record<string, string | readonly string[]>;

/** The address's parameters with `change` laid over them; empty ones are left out. */
export function withChange(search: URLSearchParams, change: SearchChange): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(change)) {
    next.delete(name);
    for (const each of typeof value === "string" ? [value] : value) if (each) next.append(name, each);
  }
  return next;
}

/**
 * Reads the parameters; the setter replaces the address, so that Back leaves the page. With `step` each change is
 * a step of its own, which Back takes back: for what changes the whole view, such as a zoom.
 */
export function useSearchState(how?: "step"): [URLSearchParams, (change: SearchChange) => void] {
  const [search, setSearch] = useSearchParams();
  const newest = useRef(search);
  newest.current = search;
  const apply = useRef(setSearch);
  apply.current = setSearch;
  const change = useCallback(
    (values: SearchChange) => {
      const next = withChange(newest.current, values);
      // A step that leads nowhere would have Back do nothing.
      if (how === "step" && next.toString() === newest.current.toString()) return;
      newest.current = next;
      apply.current(newest.current, { replace: how !== "step" });
    },
    [how],
  );
  return [search, change];
}
