/** The rows, what is chosen among them, and the keys that go through them and act on them. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { showToast } from "@/components/toast-store";
import type { BulkResult, IncidentList } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import { useKeptFocus } from "@/lib/kept-focus";
import { useShortcuts } from "@/lib/keys";
import { incidentPath } from "@/lib/paths";
import type { RowsWindow } from "@/lib/rows-window";
import { type Act, useBulkAct } from "../acts";
import { isFiltered, type ListFilters, listSearch } from "../list-model";
import { incidentIdsQuery } from "../queries";
import type { Selection } from "../use-selection";
import { BulkBar, Refusals } from "./bulk-bar";
import { type ListHandle, VirtualIncidents } from "./virtual-incidents";

interface IncidentTableProps {
  data: IncidentList & RowsWindow;
  filters: ListFilters;
  /** Stands for the filters: other ones begin with no row at hand. */
  scope: string;
  selection: Selection;
  /** These are still the rows of the filters before. */
  renewing: boolean;
  onWindow: (first: number, last: number) => void;
}

export function IncidentTable(props: IncidentTableProps) {
  const { data, selection, renewing, onWindow } = props;
  const search = listSearch(new URLSearchParams(useLocation().search));
  const [refused, setRefused] = useState<BulkResult["refused"]>([]);
  const bulk = useBulkAct(setRefused);
  const rows = useRows(props);
  function act(wish: Act) {
    const chosen = [...selection.ids];
    if (chosen.length) bulk.once({ ids: chosen, act: wish, onDone: () => selection.drop(chosen) });
    else if (rows.activeId !== null) bulk.once({ ids: [rows.activeId], act: wish });
  }
  useListKeys({ rows, act, selection, search });
  const kept = useKeptFocus(rows.focus);
  return (
    <>
      <p className="muted small row row-spread" aria-busy={renewing}>
        <span role="status">
          {plural(data.total, "incident")}
          {isFiltered(props.filters) && " that fit"}
        </span>
        <span className="list-keys" aria-hidden="true">
          <kbd>J</kbd>
          <kbd>K</kbd> move <kbd>Enter</kbd> open <kbd>X</kbd> choose <kbd>A</kbd> acknowledge <kbd>R</kbd>{" "}
          resolve <kbd>U</kbd> undo
        </span>
      </p>
      {refused.length > 0 && <Refusals refused={refused} onClose={() => setRefused([])} kept={kept} />}
      <div className={renewing ? "renewing" : undefined}>
        <VirtualIncidents
          items={data.items}
          offset={data.offset}
          total={data.total}
          selection={selection}
          search={search}
          onChoose={rows.choose}
          onRange={onWindow}
          active={rows.active}
          onActive={rows.setActive}
          handle={rows.handle}
        />
      </div>
      {selection.ids.size > 0 && (
        <BulkBar
          count={selection.ids.size}
          total={data.total}
          pending={bulk.isPending}
          onAct={act}
          onAll={() => void rows.chooseAll()}
          onClear={selection.clear}
          kept={kept}
        />
      )}
    </>
  );
}

/** The row at hand: an incident, wherever other rows have moved it; the place where it was last once it is gone. */
function useActiveRow(data: IncidentTableProps["data"], scope: string) {
  const [at, setAt] = useState<{ scope: string; index: number; id?: number | undefined }>({
    scope,
    index: -1,
  });
  const here = at.scope === scope ? at : { scope, index: -1 };
  const found = here.id === undefined ? -1 : data.items.findIndex((each) => each.id === here.id);
  const active = found < 0 ? here.index : data.offset + found;
  if (active !== here.index) setAt({ ...here, index: active });
  const newest = useRef(data);
  newest.current = data;
  const setActive = useCallback(
    (index: number) => {
      const { items, offset } = newest.current;
      setAt({ scope, index, id: items[index - offset]?.id });
    },
    [scope],
  );
  return { active, setActive };
}

/** Which row the keys are at, and choosing rows one by one, by ranges and all. */
function useRows({ data, selection, filters, scope }: IncidentTableProps) {
  const client = useQueryClient();
  const handle = useRef<ListHandle | null>(null);
  const newest = useRef({ data, filters });
  newest.current = { data, filters };
  const { active, setActive } = useActiveRow(data, scope);
  const { extend, toggle, replace } = selection;

  const fetchIds = useCallback(async () => {
    try {
      return await client.fetchQuery(incidentIdsQuery(newest.current.filters));
    } catch (error) {
      showToast((error as Error).message, { tone: "problem" });
      return { ids: [], total: 0 };
    }
  }, [client]);

  const choose = useCallback(
    (id: number, range: boolean) => {
      if (range) void extend(id, async () => (await fetchIds()).ids);
      else toggle(id);
    },
    [extend, toggle, fetchIds],
  );

  async function chooseAll() {
    const { ids, total } = await fetchIds();
    replace(ids);
    if (ids.length < total) showToast(`The first ${formatCount(ids.length)} are chosen, the most at once.`);
  }

  function move(step: number) {
    const next = Math.min(data.total - 1, Math.max(0, active + step));
    setActive(next);
    handle.current?.focus(next);
  }

  const activeId = data.items[active - data.offset]?.id ?? null;
  return { handle, active, activeId, setActive, choose, chooseAll, move, focus: () => move(0) };
}

interface KeyParts {
  rows: ReturnType<typeof useRows>;
  act: (act: Act) => void;
  selection: Selection;
  search: string;
}

function useListKeys({ rows, act, selection, search }: KeyParts): void {
  const navigate = useNavigate();
  const { activeId, choose, move } = rows;
  const ifActive = (run: (id: number) => void) => () => {
    if (activeId !== null) run(activeId);
  };
  useShortcuts("Incidents", [
    { keys: "j", does: "Next incident", run: () => move(1) },
    { keys: "k", does: "Incident before", run: () => move(-1) },
    { keys: "Enter", does: "Open it", run: ifActive((id) => void navigate(incidentPath(id) + search)) },
    { keys: "x", does: "Choose it, or not", run: ifActive((id) => choose(id, false)) },
    { keys: "v", does: "Choose all from the last chosen to it", run: ifActive((id) => choose(id, true)) },
    { keys: "a", does: "Acknowledge it or the chosen", run: () => act({ kind: "acknowledge" }) },
    { keys: "r", does: "Resolve it or the chosen", run: () => act({ kind: "resolve" }) },
    ...(selection.ids.size ? [{ keys: "Escape", does: "Choose none", run: selection.clear }] : []),
  ]);
}
