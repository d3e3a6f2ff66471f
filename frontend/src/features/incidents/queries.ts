/** One incident, and what an operator may do with it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import type { Feedback, IncidentDetail, ResolveReason } from "@/lib/api/types";

export function incidentQuery(id: number) {
  return queryOptions({
    queryKey: ["incident", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/incidents/{incident_id}", { params: { path: { incident_id: id } }, signal })),
  });
}

export type IncidentAction =
  | { kind: "acknowledge" }
  | { kind: "resolve"; reason: ResolveReason | null; comment: string }
  | { kind: "reopen" }
  | { kind: "comment"; text: string }
  | { kind: "feedback"; answer: Feedback };

function send(id: number, action: IncidentAction): Promise<IncidentDetail> {
  const params = { path: { incident_id: id } };
  switch (action.kind) {
    case "acknowledge":
      return unwrap(api.POST("/incidents/{incident_id}/acknowledge", { params, body: { comment: "" } }));
    case "resolve": {
      const { reason, comment } = action;
      return unwrap(api.POST("/incidents/{incident_id}/resolve", { params, body: { reason, comment } }));
    }
    case "reopen":
      return unwrap(api.POST("/incidents/{incident_id}/reopen", { params, body: { comment: "" } }));
    case "comment":
      return unwrap(api.POST("/incidents/{incident_id}/comments", { params, body: { text: action.text } }));
    case "feedback":
      return unwrap(
        api.POST("/incidents/{incident_id}/feedback", { params, body: { answer: action.answer } }),
      );
  }
}

/** The answer is the incident as it is then; after a refusal it is asked for, since someone else may have acted. */
export function useIncidentAction(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: IncidentAction) => send(id, action),
    onSuccess: (incident) => client.setQueryData(incidentQuery(id).queryKey, incident),
    onError: () => client.invalidateQueries({ queryKey: ["incident", id] }),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["incidents"] });
      void client.invalidateQueries({ queryKey: ["overview"] });
    },
  });
}
