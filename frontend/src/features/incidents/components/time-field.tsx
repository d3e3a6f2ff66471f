/** When the incidents fired: any time, the last so long, or between two moments. */
import { useCallback, useState } from "react";
import { SelectField, TextField } from "@/components/ui/field";
import { serverNow } from "@/lib/clock";
import { usePreferences } from "@/lib/preferences";
import type { SearchChange } from "@/lib/search-state";
import { fromTimeField, toTimeField } from "@/lib/time-field";
import { type ListFilters, SPANS } from "../list-model";

const BETWEEN = "between";
const DAY_MS = 86_400_000;
const TYPING_PAUSE_MS = 400;

interface TimeFieldProps {
  filters: ListFilters;
  onChange: (change: SearchChange) => void;
}

export function TimeField({ filters, onChange }: TimeFieldProps) {
  const { from = "", to = "", last = "" } = filters;
  const [opened, setOpened] = useState(false);
  const between = (opened || from !== "" || to !== "") && last === "";
  function choose(value: string) {
    setOpened(value === BETWEEN);
    if (value === BETWEEN) {
      onChange({ last: "", from: new Date(serverNow() - DAY_MS).toISOString(), to: "" });
    } else onChange({ last: value, from: "", to: "" });
  }
  return (
    <>
      <SelectField label="Fired" value={between ? BETWEEN : last} onChange={choose}>
        <option value="">At any time</option>
        {SPANS.map((span) => (
          <option key={span.value} value={span.value}>
            {span.label}
          </option>
        ))}
        {last !== "" && !SPANS.some((span) => span.value === last) && (
          <option value={last}>Last {last}</option>
        )}
        <option value={BETWEEN}>Between two times</option>
      </SelectField>
      {between && (
        <>
          <MomentField label="From" name="from" value={from} onChange={onChange} />
          <MomentField label="To" name="to" value={to} onChange={onChange} />
        </>
      )}
    </>
  );
}

interface MomentFieldProps {
  label: string;
  name: "from" | "to";
  value: string;
  onChange: (change: SearchChange) => void;
}

function MomentField({ label, name, value, onChange }: MomentFieldProps) {
  const { zone } = usePreferences();
  const set = useCallback(
    (text: string) => onChange({ [name]: fromTimeField(text, zone) }),
    [onChange, name, zone],
  );
  return (
    <TextField
      label={`${label} (${zone === "utc" ? "UTC" : "local time"})`}
      type="datetime-local"
      value={toTimeField(value, zone)}
      onChange={set}
      delay={TYPING_PAUSE_MS}
    />
  );
}
