/** Which services, which time, which lines; each change goes to the address. */
import { useCallback } from "react";
import { RangeField } from "@/components/range-field";
import { SelectField, TextField, ToggleGroup } from "@/components/ui/field";
import type { LogHistogram } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import type { SearchChange } from "@/lib/search-state";
import { fromTimeField, toTimeField } from "@/lib/time-field";
import { rangeSearch, type TimeRange } from "@/lib/time-range";
import { type Around, GLYPHS, LEVELS, type LogsAsked, levelTotal, SPANS } from "../view-model";
import { ServicePicker } from "./service-picker";

interface LogFilterBarProps {
  asked: LogsAsked;
  withLines: readonly string[];
  histogram: LogHistogram | undefined;
  onChange: (change: SearchChange) => void;
}

const TYPING_PAUSE_MS = 300;
const USUAL = ["ERROR", "WARN", "INFO", "DEBUG"];

export function LogFilterBar({ asked, withLines, histogram, onChange }: LogFilterBarProps) {
  const setText = useCallback((q: string) => onChange({ q }), [onChange]);
  const setRange = useCallback((range: TimeRange) => onChange(rangeSearch(range)), [onChange]);
  const setServices = useCallback((service: string[]) => onChange({ service }), [onChange]);
  const levels = LEVELS.filter(
    (level) => USUAL.includes(level) || asked.level.includes(level) || levelTotal(histogram, level),
  );
  const options = levels.map((value) => {
    const total = levelTotal(histogram, value);
    const count = total === undefined || asked.view === "live" ? "" : ` ${formatCount(total)}`;
    return { value, label: `${GLYPHS[value]} ${value}${count}` };
  });
  return (
    <search className="filters">
      <ServicePicker chosen={asked.service} withLines={withLines} onChange={setServices} />
      {asked.around ? (
        <AroundFields around={asked.around} onChange={onChange} />
      ) : (
        asked.view !== "live" && <RangeField range={asked.range} onChange={setRange} />
      )}
      <TextField
        label="Text"
        type="search"
        placeholder="Words of the message"
        value={asked.q}
        onChange={setText}
        delay={TYPING_PAUSE_MS}
      />
      <ToggleGroup
        label="Level"
        options={options}
        selected={asked.level}
        onChange={(level) => onChange({ level })}
      />
    </search>
  );
}

interface AroundFieldsProps {
  around: Around;
  onChange: (change: SearchChange) => void;
}

function AroundFields({ around, onChange }: AroundFieldsProps) {
  const { zone } = usePreferences();
  const setTime = useCallback(
    (text: string) => onChange({ event_ts: fromTimeField(text, zone) }),
    [onChange, zone],
  );
  return (
    <>
      <TextField
        label={`Around (${zone === "utc" ? "UTC" : "local time"})`}
        type="datetime-local"
        value={toTimeField(around.eventTs, zone)}
        onChange={setTime}
        delay={TYPING_PAUSE_MS}
      />
      <SpanField label="Before" value={around.before} onChange={(before) => onChange({ before })} />
      <SpanField label="After" value={around.after} onChange={(after) => onChange({ after })} />
    </>
  );
}

interface SpanFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

function SpanField({ label, value, onChange }: SpanFieldProps) {
  const spans = SPANS.some((span) => span === value) ? SPANS : [value, ...SPANS];
  return (
    <SelectField label={label} value={value} onChange={onChange}>
      {spans.map((span) => (
        <option key={span} value={span}>
          {span}
        </option>
      ))}
    </SelectField>
  );
}
