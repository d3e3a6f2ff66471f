/** Chooses the span of time a view shows: the last so long, or from one moment to another. */
import { useCallback } from "react";
import { formatDuration } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { fromTimeField, toTimeField } from "@/lib/time-field";
import { rangeEnds, spanText, type TimeRange } from "@/lib/time-range";
import { SelectField, TextField } from "./ui/field";

const MINUTE = 60_000;
const SPANS = [15, 60, 360, 1_440, 10_080].map((minutes) => minutes * MINUTE);
const CUSTOM = "custom";
const TYPING_PAUSE_MS = 600;

interface RangeFieldProps {
  range: TimeRange;
  onChange: (range: TimeRange) => void;
  /** What is offered, in milliseconds. */
  spans?: readonly number[];
}

const word = (milliseconds: number) =>
  milliseconds % 86_400_000 || milliseconds === 86_400_000
    ? formatDuration(milliseconds).replace("1 d", "24 h")
    : `${milliseconds / 86_400_000} days`;

export function RangeField({ range, onChange, spans: offered = SPANS }: RangeFieldProps) {
  const last = range.kind === "last" ? range.milliseconds : null;
  const spans = last === null || offered.includes(last) ? offered : [...offered, last].sort((a, b) => a - b);
  function choose(value: string): void {
    if (value !== CUSTOM) {
      onChange({ kind: "last", milliseconds: Number(value) });
      return;
    }
    const { start, end } = rangeEnds(range);
    onChange({ kind: "between", start: new Date(start).toISOString(), end: new Date(end).toISOString() });
  }
  return (
    <>
      <SelectField label="Time" value={last === null ? CUSTOM : String(last)} onChange={choose}>
        {spans.map((span) => (
          <option key={spanText(span)} value={span}>
            Last {word(span)}
          </option>
        ))}
        <option value={CUSTOM}>From … to …</option>
      </SelectField>
      {range.kind === "between" && <Ends range={range} onChange={onChange} />}
    </>
  );
}

interface EndsProps {
  range: Extract<TimeRange, { kind: "between" }>;
  onChange: (range: TimeRange) => void;
}

/** An end that would turn the range around is not taken. */
function Ends({ range, onChange }: EndsProps) {
  const { zone } = usePreferences();
  const { start, end } = range;
  const set = useCallback(
    (change: { start?: string; end?: string }) => {
      const next = { start, end, ...change };
      const shown = (time: string) => toTimeField(time, zone);
      const same = shown(next.start) === shown(start) && shown(next.end) === shown(end);
      if (next.start && next.end && next.start < next.end && !same) onChange({ kind: "between", ...next });
    },
    [start, end, zone, onChange],
  );
  const setStart = useCallback((text: string) => set({ start: fromTimeField(text, zone) }), [set, zone]);
  const setEnd = useCallback((text: string) => set({ end: fromTimeField(text, zone) }), [set, zone]);
  const suffix = zone === "utc" ? " (UTC)" : "";
  return (
    <>
      <TextField
        label={`From${suffix}`}
        type="datetime-local"
        value={toTimeField(start, zone)}
        onChange={setStart}
        delay={TYPING_PAUSE_MS}
      />
      <TextField
        label={`To${suffix}`}
        type="datetime-local"
        value={toTimeField(end, zone)}
        onChange={setEnd}
        delay={TYPING_PAUSE_MS}
      />
    </>
  );
}
