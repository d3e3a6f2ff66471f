/** Asks whether the incident was right; the answer can be changed. */
import type { Feedback, IncidentDetail } from "@/lib/api/types";
import { useIncidentAct } from "../acts";

const ANSWERS: readonly { value: Feedback; label: string }[] = [
  { value: "yes", label: "Yes" },
  { value: "expected", label: "It was expected" },
  { value: "noise", label: "No, noise" },
];

export function WasThisRight({ incident }: { incident: IncidentDetail }) {
  const action = useIncidentAct(incident.id);
  function give(answer: Feedback) {
    if (answer !== incident.feedback) action.once({ kind: "feedback", answer });
  }
  return (
    <section className="section" aria-labelledby="right-title">
      <h2 id="right-title">Was this right?</h2>
      <div className="row">
        {ANSWERS.map(({ value, label }) => (
          <button
            key={value}
            type="button"
            className="button"
            aria-pressed={incident.feedback === value}
            onClick={() => give(value)}
          >
            {label}
          </button>
        ))}
      </div>
      <p className="muted small">
        {incident.feedback === null || incident.feedback === "yes"
          ? "If it was expected or noise, the model is trained again and takes these readings as normal."
          : "The model is trained again and takes these readings as normal."}
      </p>
      {action.error && (
        <p className="incident-refused" role="alert">
          {action.error.message}
        </p>
      )}
    </section>
  );
}
