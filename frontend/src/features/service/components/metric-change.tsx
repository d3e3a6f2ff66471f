/** How far one metric moved, and the numbers by which anyone can check it. */
import { ArrowDownRight, ArrowUpRight, Minus } from "lucide-react";
import { Link } from "react-router";
import { seconds } from "@/components/chart-model";
import { showToast } from "@/components/toast-store";
import type { Changes, MetricChange } from "@/lib/api/types";
import { formatClock, formatDateTime, formatValue, plural } from "@/lib/format";
import { servicePath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { evidenceText, movedText, scoreText } from "../view-model";

const ARROWS = { up: ArrowUpRight, down: ArrowDownRight, none: Minus } as const;
const WORDS = { up: "rose", down: "fell", none: "did not move" } as const;

interface MetricChangeRowProps {
  change: MetricChange;
  changes: Changes;
  elsewhere?: boolean;
  onPick: (time: number) => void;
}

export function MetricChangeRow({ change, changes, elsewhere = false, onPick }: MetricChangeRowProps) {
  const Arrow = ARROWS[change.direction];
  return (
    <li className={change.notable ? "change change-notable" : "change"}>
      <div className="change-line">
        <Arrow size={16} role="img" aria-label={WORDS[change.direction]} />
        <span className="change-name break">
          {elsewhere && (
            <>
              <Link to={servicePath(change.service)}>{change.service}</Link>{" "}
            </>
          )}
          {change.title}
        </span>
        <span className="change-values">{movedText(change)}</span>
      </div>
      <details>
        <summary>
          <span className="small">{scoreText(change)}</span>
        </summary>
        <Evidence change={change} changes={changes} onPick={onPick} />
      </details>
    </li>
  );
}

function Evidence({ change, changes, onPick }: Omit<MetricChangeRowProps, "elsewhere">) {
  const { zone } = usePreferences();
  const { unit } = change;
  return (
    <div className="change-evidence small">
      <dl>
        <dt>Median before</dt>
        <dd>
          {formatValue(change.usual, unit)} of {plural(change.readings_before, "reading")} from{" "}
          {formatDateTime(changes.compared_with.start, zone)}
        </dd>
        <dt>Its usual spread</dt>
        <dd>{formatValue(change.spread, unit)}: max(IQR / 1.349, 0.1 % of the median)</dd>
        <dt>Farthest here</dt>
        <dd>
          {formatValue(change.extreme, unit)} of {plural(change.readings, "reading")}, at{" "}
          <button
            type="button"
            className="button button-small"
            onClick={() => onPick(seconds(change.extreme_at))}
          >
            {formatClock(change.extreme_at, zone)}
          </button>
        </dd>
        <dt>Query</dt>
        <dd>
          <code className="break">{change.query}</code>
        </dd>
      </dl>
      <button
        type="button"
        className="button button-small"
        onClick={() => void copy(evidenceText(change, changes))}
      >
        Copy the evidence
      </button>
    </div>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast("The evidence is copied.");
  } catch {
    // Only a page served over TLS or from this machine may write there.
    showToast("The browser does not let Canopy copy: mark the text and copy it yourself.", {
      tone: "problem",
    });
  }
}
