/** Views an operator has named: each is the query of an address, kept in this browser and shared as a link. */
import { useCallback, useSyncExternalStore } from "react";

export interface SavedView {
  name: string;
  /** "status=OPEN&severity=Critical", without the question mark. */
  search: string;
}

const PREFIX = "canopy.views.";
const NAME_LENGTH = 60;
/** More than anyone finds their way in; past it one must be forgotten first, none goes by itself. */
export const MOST_VIEWS = 30;
const NONE: readonly SavedView[] = [];
const listeners = new Set<() => void>();
const known = new Map<string, readonly SavedView[]>();

/** The name a view is kept by. */
export const shortName = (name: string) => name.trim().slice(0, NAME_LENGTH);

function isView(value: unknown): value is SavedView {
  if (typeof value !== "object" || value === null) return false;
  return (
    "name" in value && "search" in value && typeof value.name === "string" && typeof value.search === "string"
  );
}

function load(page: string): readonly SavedView[] {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(PREFIX + page) ?? "[]");
    return Array.isArray(parsed) ? parsed.filter(isView) : NONE;
  } catch {
    return NONE;
  }
}

function viewsOf(page: string): readonly SavedView[] {
  const views = known.get(page) ?? load(page);
  known.set(page, views);
  return views;
}

function keep(page: string, views: readonly SavedView[]): void {
  known.set(page, views);
  try {
    localStorage.setItem(PREFIX + page, JSON.stringify(views));
  } catch {
    // Not kept then; they still hold for this page.
  }
  for (const listener of listeners) listener();
}

globalThis.addEventListener?.("storage", (event) => {
  if (!event.key?.startsWith(PREFIX)) return;
  known.delete(event.key.slice(PREFIX.length));
  for (const listener of listeners) listener();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface SavedViews {
  views: readonly SavedView[];
  /** A name already taken is given to the new view. False, and nothing is kept, where there are too many. */
  save: (name: string, search: string) => boolean;
  remove: (name: string) => void;
}

export function useSavedViews(page: string): SavedViews {
  const views = useSyncExternalStore(subscribe, () => viewsOf(page));
  const save = useCallback(
    (name: string, search: string) => {
      const short = shortName(name);
      const others = viewsOf(page).filter((view) => view.name !== short);
      if (!short || others.length >= MOST_VIEWS) return false;
      keep(page, [...others, { name: short, search }]);
      return true;
    },
    [page],
  );
  const remove = useCallback(
    (name: string) =>
      keep(
        page,
        viewsOf(page).filter((view) => view.name !== name),
      ),
    [page],
  );
  return { views, save, remove };
}
