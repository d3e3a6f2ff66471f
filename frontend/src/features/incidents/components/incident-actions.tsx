/** Acknowledge, Resolve, Reopen: only what the incident's status allows is offered, each with its key and undo. */
import { ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { useId, useState } from "react";
import { statusWord } from "@/components/ui/tags";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail, ResolveReason } from "@/lib/api/types";
import { useShortcuts } from "@/lib/keys";
import { visibleText } from "@/lib/visible-text";
import { type Act, isConflict, useIncidentAct } from "../acts";
import { REASONS } from "../reasons";
import { newestStanding } from "../view-model";
import { KeyHint } from "./key-hint";

export function IncidentActions({ incident }: { incident: IncidentDetail }) {
  const action = useIncidentAct(incident.id);
  const { status } = incident;
  const act = (wish: Act) => {
    if (!action.isPending) action.mutate(wish);
  };
  useShortcuts("Incident", [
    ...(status === "OPEN"
      ? [{ keys: "a", does: "Acknowledge", run: () => act({ kind: "acknowledge" }) }]
      : []),
    ...(status === "RESOLVED"
      ? [{ keys: "o", does: "Reopen", run: () => act({ kind: "reopen" }) }]
      : [{ keys: "r", does: "Resolve", run: () => act({ kind: "resolve" }) }]),
  ]);
  return (
    <div className="incident-actions">
      <div className="incident-buttons">
        {status === "OPEN" && (
          <button type="button" className="button" onClick={() => act({ kind: "acknowledge" })}>
            Acknowledge <KeyHint>A</KeyHint>
          </button>
        )}
        {status === "RESOLVED" ? (
          <button type="button" className="button" onClick={() => act({ kind: "reopen" })}>
            Reopen <KeyHint>O</KeyHint>
          </button>
        ) : (
          <div className="split">
            <button type="button" className="button button-primary" onClick={() => act({ kind: "resolve" })}>
              Resolve <KeyHint>R</KeyHint>
            </button>
            <ResolveAs onResolve={(reason, comment) => act({ kind: "resolve", reason, comment })} />
          </div>
        )}
      </div>
      {isConflict(action.error) && <Overtaken incident={incident} />}
    </div>
  );
}

/** Another operator was faster: who, when, and how it stands now. */
function Overtaken({ incident }: { incident: IncidentDetail }) {
  const entry = newestStanding(incident.timeline);
  return (
    <p className="incident-refused" role="alert">
      Not done: the incident is {statusWord(incident.status).toLowerCase()} already.
      {entry && (
        <>
          {" "}
          {visibleText(entry.text)} By {entry.actor === "operator" ? "an operator" : "Canopy"}{" "}
          <RelativeTime at={entry.at} /> (<AbsoluteTime at={entry.at} />
          ).
        </>
      )}
    </p>
  );
}

interface ResolveAsProps {
  onResolve: (reason: ResolveReason, comment: string) => void;
}

/** One press a reason; a comment may be written first. */
function ResolveAs({ onResolve }: ResolveAsProps) {
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState("");
  const field = useId();
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button button-primary" aria-label="Resolve with a reason">
        <ChevronDown aria-hidden="true" size={16} />
      </Popover.Trigger>
      <Popover.Content
        className="popover resolve-as"
        align="end"
        sideOffset={6}
        aria-label="Resolve the incident"
      >
        <div className="field">
          <label htmlFor={field} className="field-label">
            Comment (optional)
          </label>
          <textarea
            id={field}
            className="control"
            maxLength={10_000}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        </div>
        <p className="field-label">Resolve as</p>
        <div className="resolve-reasons">
          {REASONS.map(({ value, label, note }) => (
            <button
              key={value}
              type="button"
              className="button"
              onClick={() => {
                setOpen(false);
                onResolve(value, comment.trim());
              }}
            >
              {label} <span className="muted small">{note}</span>
            </button>
          ))}
        </div>
      </Popover.Content>
    </Popover.Root>
  );
}
