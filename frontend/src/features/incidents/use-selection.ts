/** Which incidents of a list are chosen: one by one, a range of them, or all that fit. */
import { useCallback, useRef, useState } from "react";
import { between } from "./list-model";

export interface Selection {
  ids: ReadonlySet<number>;
  /** In or out; the next range begins here. */
  toggle: (id: number) => void;
  /** All from the one toggled last to this one; `order` gives the list's ids. */
  extend: (id: number, order: () => Promise<readonly number[]> | readonly number[]) => Promise<void>;
  replace: (ids: Iterable<number>) => void;
  clear: () => void;
  /** Takes these out, unless the scope is another by then: what was chosen meanwhile stays. */
  drop: (ids: Iterable<number>) => void;
}

const NONE: ReadonlySet<number> = new Set();

/** `scope` stands for the filters: another one begins with nothing chosen, so that only what is seen is acted on. */
export function useSelection(scope: string): Selection {
  const [state, setState] = useState({ scope, ids: NONE });
  const anchor = useRef<number | null>(null);
  const ids = state.scope === scope ? state.ids : NONE;
  const newest = useRef(ids);
  newest.current = ids;

  const replace = useCallback((next: Iterable<number>) => setState({ scope, ids: new Set(next) }), [scope]);
  const clear = useCallback(() => {
    anchor.current = null;
    replace([]);
  }, [replace]);
  const drop = useCallback<Selection["drop"]>(
    (ids) => {
      const gone = new Set(ids);
      if (anchor.current !== null && gone.has(anchor.current)) anchor.current = null;
      setState((now) =>
        now.scope === scope ? { scope, ids: new Set([...now.ids].filter((id) => !gone.has(id))) } : now,
      );
    },
    [scope],
  );
  const toggle = useCallback(
    (id: number) => {
      anchor.current = id;
      const next = new Set(newest.current);
      if (!next.delete(id)) next.add(id);
      replace(next);
    },
    [replace],
  );
  const extend = useCallback<Selection["extend"]>(
    async (id, order) => {
      const from = anchor.current;
      const range = from === null ? null : between(await order(), from, id);
      if (range) replace([...newest.current, ...range]);
      else toggle(id);
    },
    [replace, toggle],
  );
  return { ids, toggle, extend, replace, clear, drop };
}
