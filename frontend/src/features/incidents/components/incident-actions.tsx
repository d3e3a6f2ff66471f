/** Acknowledge, Resolve, Reopen, Undo: only what the incident's status allows is offered, each with its key. */
import { ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { type FocusEvent, type RefObject, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
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
import { COMMENT_FIELD, keepUnsent, moveToTimeline, useUnsent } from "../unsent";
import { newestStanding, undoable } from "../view-model";
import { KeyHint } from "./key-hint";

interface IncidentActionsProps {
  incident: IncidentDetail;
  /** Shows the status and takes the focus that another operator's act leaves behind: no key does anything there. */
  standing: RefObject<HTMLElement | null>;
}

export function IncidentActions({ incident, standing }: IncidentActionsProps) {
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
  const underWay = useUnderWay(action.isPending);
  useLayoutEffect(() => {
    // Foreseen only, it may be refused yet, and what came with it then belongs into its field again.
    if (status === "RESOLVED" && !underWay) moveToTimeline(incident.id);
  }, [status, underWay, incident.id]);
  const { buttons, kept } = useButtonFocus(underWay, standing);
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

/** Until what the act's end brought is on the page: the message about it has this part drawn before the incident is. */
function useUnderWay(isPending: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (isPending) {
      setLasts(true);
      return;
    }
    const timer = setTimeout(() => setLasts(false));
    return () => clearTimeout(timer);
  }, [isPending]);
  return isPending || lasts;
}

/**
 * Where the focus goes when the button or field that has it is taken away. After this operator's own act, to the next
 * button. After another's never to a button, as the key about to be pressed was meant for something else; who was
 * typing types on in the timeline's field, so that no letter acts either.
 */
function useButtonFocus(ownAct: boolean, standing: RefObject<HTMLElement | null>) {
  const buttons = useRef<HTMLDivElement>(null);
  const had = useRef<Element | null>(null);
  const { onFocus, onBlur } = useKeptFocus(() => {
    const box = buttons.current;
    const next =
      box?.querySelector<HTMLElement>(".button-primary") ??
      box?.querySelector<HTMLElement>("button:not(.button-plain)");
    if (had.current instanceof HTMLTextAreaElement) document.getElementById(COMMENT_FIELD)?.focus();
    else if (ownAct) next?.focus();
    else standing.current?.focus({ preventScroll: true });
  });
  const kept = {
    onFocus: (event: FocusEvent) => {
      had.current = event.target;
      onFocus(event);
    },
    onBlur,
  };
  return { buttons, kept };
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
