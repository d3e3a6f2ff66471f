/** The filters and the sort of the incident list; each change goes to the address. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { SelectField, TextField, ToggleGroup } from "@/components/ui/field";
import { statusWord } from "@/components/ui/tags";
import { overviewQuery, servicesQuery } from "@/lib/api/queries";
import type { SearchChange } from "@/lib/search-state";
import { SEVERITIES, SORTS, STATUSES } from "../view-model";

interface IncidentFilterBarProps {
  search: URLSearchParams;
  onChange: (change: SearchChange) => void;
}

const TYPING_PAUSE_MS = 250;
const SEVERITY_OPTIONS = SEVERITIES.map((value) => ({ value, label: value }));
const STATUS_OPTIONS = STATUSES.map((value) => ({ value, label: statusWord(value) }));

export function IncidentFilterBar({ search, onChange }: IncidentFilterBarProps) {
  const services = useQuery(servicesQuery).data ?? [];
  const metrics = useMetricTitles();
  const setText = useCallback((q: string) => onChange({ q }), [onChange]);
  return (
    <search className="filters">
      <TextField
        label="Text"
        type="search"
        placeholder="Words of the title or reason"
        value={search.get("q") ?? ""}
        onChange={setText}
        delay={TYPING_PAUSE_MS}
      />
      <ChoiceField
        label="Service"
        value={search.get("service") ?? ""}
        options={services.map((name) => [name, name])}
        onChange={(service) => onChange({ service })}
      />
      <ChoiceField
        label="Metric"
        value={search.get("metric") ?? ""}
        options={metrics}
        onChange={(metric) => onChange({ metric })}
      />
      <ToggleGroup
        label="Severity"
        options={SEVERITY_OPTIONS}
        selected={SEVERITIES.filter((each) => search.getAll("severity").includes(each))}
        onChange={(severity) => onChange({ severity })}
      />
      <ToggleGroup
        label="Status"
        options={STATUS_OPTIONS}
        selected={STATUSES.filter((each) => search.getAll("status").includes(each))}
        onChange={(status) => onChange({ status })}
      />
      <SelectField
        label="Sort"
        value={search.get("sort") ?? "urgency"}
        onChange={(sort) => onChange({ sort: sort === "urgency" ? "" : sort })}
      >
        {SORTS.map((sort) => (
          <option key={sort.value} value={sort.value}>
            {sort.label}
          </option>
        ))}
      </SelectField>
    </search>
  );
}

/** Keys and titles of all metrics any service has. */
function useMetricTitles(): [string, string][] {
  const { data } = useQuery(overviewQuery);
  const titles = new Map<string, string>();
  for (const service of data?.services ?? []) {
    for (const [key, metric] of Object.entries(service.metrics)) titles.set(key, metric.title);
  }
  return [...titles];
}

interface ChoiceFieldProps {
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}

/** What the address names is offered even when nothing of that name is there now. */
function ChoiceField({ label, value, options, onChange }: ChoiceFieldProps) {
  const known = value === "" || options.some(([key]) => key === value);
  return (
    <SelectField label={label} value={value} onChange={onChange}>
      <option value="">Any</option>
      {!known && <option value={value}>{value}</option>}
      {options.map(([key, title]) => (
        <option key={key} value={key}>
          {title}
        </option>
      ))}
    </SelectField>
  );
}
