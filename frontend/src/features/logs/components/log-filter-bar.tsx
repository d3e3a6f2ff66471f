/** Which service, which time, which lines; each change goes to the address. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { SelectField, TextField, ToggleGroup } from "@/components/ui/field";
import { servicesQuery } from "@/lib/api/queries";
import { usePreferences } from "@/lib/preferences";
import type { SearchChange } from "@/lib/search-state";
import { fromTimeField, toTimeField } from "@/lib/time-field";
import { LEVELS, type LogsAsked, SPANS } from "../view-model";

interface LogFilterBarProps {
  asked: LogsAsked;
  onChange: (change: SearchChange) => void;
  onRefresh: () => void;
}

const TYPING_PAUSE_MS = 300;
const LEVEL_OPTIONS = LEVELS.map((value) => ({ value, label: value }));

export function LogFilterBar({ asked, onChange, onRefresh }: LogFilterBarProps) {
  const { zone } = usePreferences();
  const services = useQuery(servicesQuery).data ?? [];
  const setTime = useCallback(
    (text: string) => onChange({ event_ts: fromTimeField(text, zone) }),
    [onChange, zone],
  );
  const setText = useCallback((q: string) => onChange({ q }), [onChange]);
  return (
    <search className="filters">
      <SelectField label="Service" value={asked.service} onChange={(service) => onChange({ service })}>
        <option value="">Choose</option>
        {asked.service && !services.includes(asked.service) && (
          <option value={asked.service}>{asked.service}</option>
        )}
        {services.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label={`Around (${zone === "utc" ? "UTC" : "local time"})`}
        type="datetime-local"
        value={toTimeField(asked.eventTs, zone)}
        onChange={setTime}
        delay={TYPING_PAUSE_MS}
      />
      <SpanField label="Before" value={asked.before} onChange={(before) => onChange({ before })} />
      <SpanField label="After" value={asked.after} onChange={(after) => onChange({ after })} />
      <ToggleGroup
        label="Level"
        options={LEVEL_OPTIONS}
        selected={LEVELS.filter((level) => asked.level.includes(level))}
        onChange={(level) => onChange({ level })}
      />
      <TextField
        label="Text"
        type="search"
        placeholder="Words of the message"
        value={asked.q}
        onChange={setText}
        delay={TYPING_PAUSE_MS}
      />
      <button
        type="button"
        className="button"
        onClick={() => (asked.eventTs ? onChange({ event_ts: "" }) : onRefresh())}
      >
        {asked.eventTs ? "Go to now" : "Refresh"}
      </button>
    </search>
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
