/** What can be done with the incidents that are chosen, and which of them refused it. */
import { useState } from "react";
import { SelectField } from "@/components/ui/field";
import type { BulkResult, ResolveReason } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import type { KeptFocus } from "@/lib/kept-focus";
import type { Act } from "../acts";
import { REASONS } from "../reasons";
import { KeyHint } from "./key-hint";

interface BulkBarProps {
  count: number;
  total: number;
  pending: boolean;
  onAct: (act: Act) => void;
  onAll: () => void;
  onClear: () => void;
  /** The bar goes with what is chosen: the focus then goes to the row at hand. */
  kept: KeptFocus;
}

export function BulkBar({ count, total, pending, onAct, onAll, onClear, kept }: BulkBarProps) {
  const [reason, setReason] = useState<ResolveReason | null>(null);
  return (
    <section className="bulk-bar" aria-label="With the chosen incidents" aria-busy={pending} {...kept}>
      <strong role="status">{formatCount(count)} chosen</strong>
      {/* Not disabled while it is pending: that would drop the focus. */}
      <button type="button" className="button" onClick={() => onAct({ kind: "acknowledge" })}>
        Acknowledge <KeyHint>A</KeyHint>
      </button>
      <SelectField
        label="Reason"
        hideLabel
        value={reason ?? ""}
        onChange={(value) => setReason(REASONS.find((each) => each.value === value)?.value ?? null)}
      >
        <option value="">No reason</option>
        {REASONS.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </SelectField>
      <button
        type="button"
        className="button button-primary"
        onClick={() => onAct({ kind: "resolve", reason })}
      >
        Resolve <KeyHint>R</KeyHint>
      </button>
      {count < total && (
        <button type="button" className="button button-plain" onClick={onAll}>
          Choose all {formatCount(total)}
        </button>
      )}
      <button type="button" className="button button-plain" onClick={onClear}>
        Clear <KeyHint>Esc</KeyHint>
      </button>
    </section>
  );
}

interface RefusalsProps {
  refused: BulkResult["refused"];
  onClose: () => void;
  kept: KeptFocus;
}

/** Each incident that stayed as it was, with its reason. */
export function Refusals({ refused, onClose, kept }: RefusalsProps) {
  return (
    <section className="state state-error refusals" role="alert" aria-label="Not done" {...kept}>
      <div className="row row-spread">
        <p className="state-title">{plural(refused.length, "incident")} stayed as before</p>
        <button type="button" className="button button-small" onClick={onClose}>
          Close
        </button>
      </div>
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <ul className="refusals-list" tabIndex={0}>
        {refused.map(({ id, detail }) => (
          <li key={id}>{detail}</li>
        ))}
      </ul>
    </section>
  );
}
