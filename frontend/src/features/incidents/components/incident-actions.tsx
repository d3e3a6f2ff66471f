/** Acknowledge, Resolve, Reopen: only what the incident's status allows is offered. */
import { Popover } from "radix-ui";
import { type FormEvent, useId, useState } from "react";
import { SelectField } from "@/components/ui/field";
import type { IncidentDetail, ResolveReason } from "@/lib/api/types";
import { useIncidentAction } from "../queries";

const REASONS: readonly { value: ResolveReason; label: string }[] = [
  { value: "real", label: "Real trouble, now over" },
  { value: "expected", label: "Expected, the model may learn it" },
  { value: "noise", label: "Noise" },
  { value: "maintenance", label: "Maintenance" },
];

export function IncidentActions({ incident }: { incident: IncidentDetail }) {
  const action = useIncidentAction(incident.id);
  return (
    <div className="incident-actions">
      <div className="row">
        {incident.status === "OPEN" && (
          <button
            type="button"
            className="button"
            disabled={action.isPending}
            onClick={() => action.mutate({ kind: "acknowledge" })}
          >
            Acknowledge
          </button>
        )}
        {incident.status === "RESOLVED" ? (
          <button
            type="button"
            className="button"
            disabled={action.isPending}
            onClick={() => action.mutate({ kind: "reopen" })}
          >
            Reopen
          </button>
        ) : (
          <Resolve
            pending={action.isPending}
            onResolve={(reason, comment) => action.mutate({ kind: "resolve", reason, comment })}
          />
        )}
      </div>
      {action.error && (
        <p className="incident-refused" role="alert">
          {action.error.message}
        </p>
      )}
    </div>
  );
}

interface ResolveProps {
  pending: boolean;
  onResolve: (reason: ResolveReason | null, comment: string) => void;
}

function Resolve({ pending, onResolve }: ResolveProps) {
  const [reason, setReason] = useState<ResolveReason | null>(null);
  const [comment, setComment] = useState("");
  const commentId = useId();
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    onResolve(reason, comment);
  }
  return (
    <Popover.Root>
      <Popover.Trigger className="button button-primary" disabled={pending}>
        Resolve
      </Popover.Trigger>
      <Popover.Content className="popover" align="end" sideOffset={6} aria-label="Resolve the incident">
        <form className="stack" onSubmit={onSubmit}>
          <SelectField
            label="Reason (optional)"
            value={reason ?? ""}
            onChange={(value) => setReason(REASONS.find((each) => each.value === value)?.value ?? null)}
          >
            <option value="">None given</option>
            {REASONS.map((each) => (
              <option key={each.value} value={each.value}>
                {each.label}
              </option>
            ))}
          </SelectField>
          <div className="field">
            <label htmlFor={commentId} className="field-label">
              Comment (optional)
            </label>
            <textarea
              id={commentId}
              className="control"
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          </div>
          <div className="row">
            <button type="submit" className="button button-primary" disabled={pending}>
              Resolve incident
            </button>
            <Popover.Close className="button button-plain">Cancel</Popover.Close>
          </div>
        </form>
      </Popover.Content>
    </Popover.Root>
  );
}
