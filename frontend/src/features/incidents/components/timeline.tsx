/** What happened to the incident, in order, and a place to add to it. */
import { type FormEvent, useId, useRef } from "react";
import { AbsoluteTime, RelativeTime } from "@/components/ui/time";
import type { IncidentDetail, TimelineEntry } from "@/lib/api/types";
import { visibleText } from "@/lib/visible-text";
import { useIncidentAct } from "../acts";
import { COMMENT_FIELD, keepUnsent, useUnsent } from "../unsent";

const KINDS: Record<TimelineEntry["kind"], string> = {
  opened: "Opened",
  attached: "Fired again",
  severity_changed: "Severity changed",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
  reopened: "Reopened",
  undone: "Taken back",
  comment: "Comment",
  feedback: "Was this right?",
  logs: "Logs",
  artefact: "Just before",
};

export function Timeline({ incident, gone }: { incident: IncidentDetail; gone: boolean }) {
  return (
    <section className="section" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <ol className="panel timeline">
        {incident.timeline.map((entry, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever added at the end
            key={index}
            className={`timeline-entry timeline-${entry.actor}`}
          >
            <div className="timeline-when small muted">
              <AbsoluteTime at={entry.at} /> (<RelativeTime at={entry.at} />)
            </div>
            <div>
              <strong>{KINDS[entry.kind]}</strong>{" "}
              <span className="muted small">by {entry.actor === "operator" ? "an operator" : "Canopy"}</span>
              {entry.text && (
                <p className="timeline-text" dir="auto">
                  {visibleText(entry.text)}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
      {gone ? <Unsent id={incident.id} /> : <CommentForm id={incident.id} />}
    </section>
  );
}

/** The incident is gone, and what was typed about it is not: it can be copied from here. */
function Unsent({ id }: { id: number }) {
  const comment = useUnsent(id, "comment");
  const resolution = useUnsent(id, "resolution");
  const field = useId();
  const text = [comment, resolution].filter(Boolean).join("\n\n");
  if (!text) return null;
  return (
    <div className="comment-form">
      <label htmlFor={field} className="field-label">
        Your comment, not sent: copy it from here
      </label>
      <textarea id={field} className="control" readOnly value={text} />
    </div>
  );
}

function CommentForm({ id }: { id: number }) {
  const action = useIncidentAct(id);
  const text = useUnsent(id, "comment");
  const field = useRef<HTMLTextAreaElement>(null);
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    // The button is about to be disabled and would drop the focus.
    field.current?.focus({ preventScroll: true });
    action.once({ kind: "comment", text: text.trim() });
  }
  return (
    <form className="comment-form" onSubmit={onSubmit}>
      <label htmlFor={COMMENT_FIELD} className="field-label">
        Add a comment
      </label>
      <textarea
        ref={field}
        id={COMMENT_FIELD}
        className="control"
        maxLength={10_000}
        value={text}
        onChange={(event) => keepUnsent(id, "comment", event.target.value)}
      />
      <div className="row">
        <button type="submit" className="button" disabled={action.isPending || !text.trim()}>
          Add comment
        </button>
        {action.error && (
          <span className="incident-refused" role="alert">
            {action.error.message}
          </span>
        )}
      </div>
    </form>
  );
}
