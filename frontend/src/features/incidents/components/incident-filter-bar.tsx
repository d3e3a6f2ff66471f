/** The filters and the sort of the incident list, with how many each would show; each change goes to the address. */
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useCallback, useState } from "react";
import { ChoiceField } from "@/components/ui/choice-field";
import { SelectField, TextField, ToggleGroup } from "@/components/ui/field";
import { statusWord } from "@/components/ui/tags";
import { servicesQuery } from "@/lib/api/queries";
import type { IncidentList } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { useMetricTitles } from "@/lib/metric-titles";
import type { SearchChange } from "@/lib/search-state";
import { filtersOf, SEVERITIES, SORTS, STATUSES } from "../list-model";
import { TimeField } from "./time-field";

interface IncidentFilterBarProps {
  search: URLSearchParams;
  onChange: (change: SearchChange) => void;
  counts: IncidentList["counts"] | undefined;
  /** The bar itself, so that a key can bring the cursor into its text field. */
  bar: RefObject<HTMLElement | null>;
}

const TYPING_PAUSE_MS = 150;

export function IncidentFilterBar({ search, onChange, counts, bar }: IncidentFilterBarProps) {
  const filters = filtersOf(search);
  const services = useQuery(servicesQuery).data ?? [];
  const metrics = useMetricTitles();
  const setText = useCallback((q: string) => onChange({ q }), [onChange]);
  const [more, setMore] = useState(false);
  return (
    <search ref={bar} className={more ? "filters filters-all" : "filters"}>
      <TextField
        label="Text"
        type="search"
        placeholder="Words, or #12"
        value={search.get("q") ?? ""}
        onChange={setText}
        delay={TYPING_PAUSE_MS}
      />
      <ToggleGroup
        label="Status"
        options={STATUSES.map((value) => ({
          value,
          label: counted(statusWord(value), counts?.status, value),
        }))}
        selected={STATUSES.filter((each) => search.getAll("status").includes(each))}
        onChange={(status) => onChange({ status })}
      />
      <button
        type="button"
        className="button filters-more"
        aria-expanded={more}
        onClick={() => setMore(!more)}
      >
        {more ? "Fewer filters" : "More filters"}
      </button>
      <ToggleGroup
        label="Severity"
        options={SEVERITIES.map((value) => ({ value, label: counted(value, counts?.severity, value) }))}
        selected={SEVERITIES.filter((each) => search.getAll("severity").includes(each))}
        onChange={(severity) => onChange({ severity })}
      />
      <ChoiceField
        label="Service"
        none="Any"
        value={search.get("service") ?? ""}
        options={services.map((name) => [name, name])}
        onChange={(service) => onChange({ service })}
      />
      <ChoiceField
        label="Metric"
        none="Any"
        value={search.get("metric") ?? ""}
        options={[...metrics]}
        onChange={(metric) => onChange({ metric })}
      />
      <TimeField filters={filters} onChange={onChange} />
      <SelectField
        label="Sort"
        value={filters.sort}
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

/** "Open 3"; before the counts are there, the word alone. What there is none of is not counted: that is 0. */
function counted<T extends string>(word: string, counts: Partial<Record<T, number>> | undefined, value: T) {
  return counts ? `${word} ${formatCount(counts[value] ?? 0)}` : word;
}
