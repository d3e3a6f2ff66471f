/** How far a long piece of work is, in a bar and in words, and the way to stop it. */
import { useId } from "react";
import "./job-progress.css";

interface JobProgressProps {
  /** What is being done: "Backtest". */
  label: string;
  done: number;
  /** 0 while it is not known yet: the bar then only says that something goes on. */
  total: number;
  /** "7 of 12 pairs, about 20 s left". */
  text: string;
  onCancel?: () => void;
  /** The wish to stop is on its way. */
  cancelling?: boolean;
}

export function JobProgress({ label, done, total, text, onCancel, cancelling = false }: JobProgressProps) {
  const id = useId();
  return (
    <div className="job">
      <progress
        className="job-bar"
        aria-label={label}
        aria-describedby={id}
        {...(total > 0 && { max: total, value: Math.min(done, total) })}
      />
      <p id={id} role="status" className="job-text">
        {text}
      </p>
      {onCancel && (
        <button type="button" className="button button-small" disabled={cancelling} onClick={onCancel}>
          {cancelling ? "Cancelling" : "Cancel"}
        </button>
      )}
    </div>
  );
}
