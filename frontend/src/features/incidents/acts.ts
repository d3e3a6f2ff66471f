/** What an operator does to incidents: shown at once, taken back when refused, and undone with one key. */
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useId, useRef } from "react";
import { showToast } from "@/components/toast-store";
import { ApiError, api, unwrap } from "@/lib/api/client";
import type {
  BulkBody,
  BulkResult,
  Feedback,
  IncidentDetail,
  IncidentSummary,
  ResolveReason,
} from "@/lib/api/types";
import { serverNow } from "@/lib/clock";
import { plural } from "@/lib/format";
import { incidentQuery } from "./queries";
import { forgetSent, moveToTimeline } from "./unsent";

export type Act =
  | { kind: "acknowledge" }
  | { kind: "resolve"; reason?: ResolveReason | null; comment?: string }
  | { kind: "reopen" }
  | { kind: "undo" };
export type Remark = { kind: "comment"; text: string } | { kind: "feedback"; answer: Feedback };

const DONE: Record<Act["kind"], string> = {
  acknowledge: "acknowledged",
  resolve: "resolved",
  reopen: "reopened",
  undo: "put back as before",
};

function send(id: number, act: Act | Remark): Promise<IncidentDetail> {
  const params = { path: { incident_id: id } };
  switch (act.kind) {
    case "acknowledge":
      return unwrap(api.POST("/incidents/{incident_id}/acknowledge", { params, body: { comment: "" } }));
    case "resolve": {
      const body = { reason: act.reason ?? null, comment: act.comment ?? "" };
      return unwrap(api.POST("/incidents/{incident_id}/resolve", { params, body }));
    }
    case "reopen":
      return unwrap(api.POST("/incidents/{incident_id}/reopen", { params, body: { comment: "" } }));
    case "undo":
      return unwrap(api.POST("/incidents/{incident_id}/undo", { params }));
    case "comment":
      return unwrap(api.POST("/incidents/{incident_id}/comments", { params, body: { text: act.text } }));
    case "feedback":
      return unwrap(api.POST("/incidents/{incident_id}/feedback", { params, body: { answer: act.answer } }));
  }
}

/** The incident as it will be once the server agrees; as it is where the act is not allowed or its end unknown. */
export function foreseen<T extends IncidentSummary>(incident: T, act: Act | Remark): T {
  const { status } = incident;
  if (act.kind === "acknowledge" && status === "OPEN") return { ...incident, status: "ACKNOWLEDGED" };
  if (act.kind === "feedback") return { ...incident, feedback: act.answer };
  if (act.kind === "reopen" && status === "RESOLVED") {
    return { ...incident, status: "OPEN", resolved_at: null, resolve_reason: null };
  }
  if (act.kind !== "resolve" || status === "RESOLVED") return incident;
  const resolved_at = new Date(serverNow()).toISOString();
  return { ...incident, status: "RESOLVED", resolved_at, resolve_reason: act.reason ?? null };
}

/** The act that takes `act` back, given the incident as it was before. */
function inverse(act: Act, before: IncidentSummary | undefined): Act | null {
  if (act.kind === "undo") return null;
  if (act.kind === "reopen") return { kind: "resolve", reason: before?.resolve_reason ?? null };
  return { kind: "undo" };
}

const isAct = (act: Act | Remark): act is Act => act.kind in DONE;

export function renewLists(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ["incidents"] });
  void client.invalidateQueries({ queryKey: ["overview"] });
}

/** Whether the part of the page is still there that would tell of a refusal. */
function useIsShown(): RefObject<boolean> {
  const shown = useRef(false);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return shown;
}

const aboutIncident = (id: number) => `incident ${id}`;

/**
 * Acts on one incident. After a refusal the incident is asked for: someone else was faster. The caller tells of a
 * refused act or a failed remark; what it cannot know, and what failed after it was left, stands in a message.
 */
export function useIncidentAct(id: number) {
  const client = useQueryClient();
  const shown = useIsShown();
  const { queryKey } = incidentQuery(id);
  const about = aboutIncident(id);
  const mutationKey = ["act", useId()];
  const mutation = useMutation({
    mutationKey,
    mutationFn: (act: Act | Remark) => send(id, act),
    onMutate: async (act) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData(queryKey);
      if (before) client.setQueryData(queryKey, foreseen(before, act));
      return before;
    },
    onSuccess: (after, act, before) => {
      client.setQueryData(queryKey, after);
      forgetWords(id, act);
      if (!isAct(act)) return;
      const back = inverse(act, before);
      const undo = back && { undo: () => mutation.mutate(back) };
      showToast(`Incident #${id} is ${DONE[act.kind]}.`, { about, ...undo });
    },
    onError: (error, act, before) => {
      if (before) client.setQueryData(queryKey, before);
      if (act.kind === "resolve" && act.comment && isConflict(error)) moveToTimeline(id);
      const toldThere = !isAct(act) || (isConflict(error) && act.kind !== "undo");
      if (!toldThere || !shown.current) showToast(error.message, { about, tone: "problem" });
      void client.invalidateQueries({ queryKey });
    },
    onSettled: () => renewLists(client),
  });
  /** Does nothing while the one before is on its way: the second half of a double click, a key held down. */
  const once = (act: Act | Remark) => {
    if (!client.isMutating({ mutationKey })) mutation.mutate(act);
  };
  return { error: mutation.error, variables: mutation.variables, isPending: mutation.isPending, once };
}

/** The words that came with the act have arrived. */
function forgetWords(id: number, act: Act | Remark): void {
  if (act.kind === "comment") forgetSent(id, "comment", act.text);
  if (act.kind === "resolve" && act.comment) forgetSent(id, "resolution", act.comment);
}

export const isConflict = (error: Error | null) => error instanceof ApiError && error.status === 409;

interface Many {
  ids: readonly number[];
  act: Act;
  /** Called when the server has answered, though what asked be gone by then. */
  onDone?: () => void;
}

function sendMany({ ids, act }: Many): Promise<BulkResult> {
  const words = act.kind === "resolve" ? { reason: act.reason ?? null, comment: act.comment ?? "" } : {};
  const body: BulkBody = { comment: "", ...words, action: act.kind, ids: [...ids] };
  return unwrap(api.POST("/incidents/bulk", { body }));
}

type Listed = { items: IncidentSummary[] };

/** Acts on many at once; what was refused is named in `onRefused`, incident by incident. */
export function useBulkAct(onRefused: (refused: BulkResult["refused"], act: Act) => void) {
  const client = useQueryClient();
  const shown = useIsShown();
  const windows = { queryKey: ["incidents", "window"] };
  const mutationKey = ["bulk act", useId()];
  const mutation = useMutation({
    mutationKey,
    mutationFn: sendMany,
    onMutate: async ({ ids, act }) => {
      await client.cancelQueries(windows);
      const before = client.getQueriesData<Listed>(windows);
      const meant = new Set(ids);
      client.setQueriesData<Listed>(
        windows,
        (list) =>
          list && {
            ...list,
            items: list.items.map((each) => (meant.has(each.id) ? foreseen(each, act) : each)),
          },
      );
      return before;
    },
    onSuccess: ({ changed, refused }, { act, onDone }) => {
      onDone?.();
      onRefused(refused, act);
      if (!shown.current) tellRefused(refused);
      for (const id of changed) void client.invalidateQueries({ queryKey: ["incident", id] });
      if (!changed.length) return;
      const undo = () => mutation.mutate({ ids: changed, act: { kind: "undo" } });
      const [only] = changed;
      const one = changed.length === 1 && only !== undefined;
      const what = one ? `Incident #${only} is` : `${plural(changed.length, "incident")} are`;
      showToast(`${what} ${DONE[act.kind]}.`, {
        ...(one && { about: aboutIncident(only) }),
        ...(act.kind !== "undo" && { undo }),
      });
    },
    onError: (error, _many, before) => {
      for (const [key, list] of before ?? []) client.setQueryData(key, list);
      showToast(error.message, { tone: "problem" });
    },
    onSettled: () => renewLists(client),
  });
  /** As `useIncidentAct`'s. */
  const once = (many: Many) => {
    if (!client.isMutating({ mutationKey })) mutation.mutate(many);
  };
  return { isPending: mutation.isPending, once };
}

/** The list that names each of them was left. */
function tellRefused(refused: BulkResult["refused"]): void {
  const [first] = refused;
  if (!first) return;
  const many = refused.length > 1 ? `${plural(refused.length, "incident")} stayed as before. ` : "";
  showToast(many + first.detail, { tone: "problem" });
}
