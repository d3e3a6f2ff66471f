/** Acknowledge, Resolve, Reopen, Undo: only what the incident's status allows is offered, each with its key. */
import { ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { useId, useRef, useState } from "react";
import { useToasts } from "@/components/toast-store";
import { statusWord } from "@/components/ui/tags";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail, ResolveReason } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { useKeptFocus } from "@/lib/kept-focus";
import { useShortcuts } from "@/lib/keys";
import { visibleText } from "@/lib/visible-text";
import { type Act, isConflict, type Remark, useIncidentAct } from "../acts";
import { REASONS } from "../reasons";
import { keepUnsent, useUnsent } from "../unsent";
import { newestStanding, undoable } from "../view-model";
import { KeyHint } from "./key-hint";

export function IncidentActions({ incident }: { incident: IncidentDetail }) {
  const action = useIncidentAct(incident.id);
  const { status } = incident;
  const act = (wish: Act) => action.once(wish);
  const canUndo = undoable(incident.timeline, useNow()) !== null;
  // The newest message's Undo has the key first: it may be about another incident.
  const ownsKey = !useToasts().some((toast) => toast.undo) && canUndo;
  useShortcuts("Incident", [
    ...(status === "OPEN"
      ? [{ keys: "a", does: "Acknowledge", run: () => act({ kind: "acknowledge" }) }]
      : []),
    ...(status === "RESOLVED"
      ? [{ keys: "o", does: "Reopen", run: () => act({ kind: "reopen" }) }]
      : [{ keys: "r", does: "Resolve", run: () => act({ kind: "resolve" }) }]),
    ...(ownsKey ? [{ keys: "u", does: "Undo", run: () => act({ kind: "undo" }) }] : []),
  ]);
  const buttons = useRef<HTMLDivElement>(null);
  const kept = useKeptFocus(() => {
    const box = buttons.current;
    const next =
      box?.querySelector<HTMLElement>(".button-primary") ??
      box?.querySelector<HTMLElement>("button:not(.button-plain)");
    next?.focus();
  });
  return (
    <div className="incident-actions">
      <div ref={buttons} className="incident-buttons" {...kept}>
        {canUndo && (
          <button type="button" className="button button-plain" onClick={() => act({ kind: "undo" })}>
            Undo {ownsKey && <KeyHint>U</KeyHint>}
          </button>
        )}
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
            <ResolveAs
              id={incident.id}
              onResolve={(reason, comment) => act({ kind: "resolve", reason, comment })}
            />
          </div>
        )}
      </div>
      {isConflict(action.error) && action.variables?.kind !== "undo" && (
        <Overtaken incident={incident} act={action.variables} />
      )}
    </div>
  );
}

/** Another operator was faster: who, when, and how it stands now. */
function Overtaken({ incident, act }: { incident: IncidentDetail; act: Act | Remark | undefined }) {
  const entry = newestStanding(incident.timeline);
  const commented = act?.kind === "resolve" && act.comment;
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
      {commented && " Your comment was not sent; it stands below the timeline."}
    </p>
  );
}

interface ResolveAsProps {
  id: number;
  onResolve: (reason: ResolveReason, comment: string) => void;
}

/** One press a reason; a comment may be written first. */
function ResolveAs({ id, onResolve }: ResolveAsProps) {
  const [open, setOpen] = useState(false);
  const comment = useUnsent(id, "resolution");
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
            onChange={(event) => keepUnsent(id, "resolution", event.target.value)}
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
