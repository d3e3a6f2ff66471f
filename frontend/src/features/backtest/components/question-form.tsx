/** What to ask a backtest about: services, metrics, range, and the settings to compare with the present ones. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { RangeField } from "@/components/range-field";
import { SelectField } from "@/components/ui/field";
import { servicesQuery } from "@/lib/api/queries";
import { useSearchState } from "@/lib/search-state";
import { rangeSearch, type TimeRange } from "@/lib/time-range";
import { metricsQuery } from "../queries";
import { DETECTORS, POLICIES, parseSensitivity, type Question, WORDS } from "../view-model";

const DAY = 86_400_000;
const SPANS = [1, 3, 7, 14, 30].map((days) => days * DAY);
/** More names than a browser's list shows well; any name may be typed. */
const SUGGESTED = 500;
const SCORE = "score";

interface QuestionFormProps {
  question: Question;
  range: TimeRange;
  busy: boolean;
  onAsk: () => void;
}

export function QuestionForm({ question, range, busy, onAsk }: QuestionFormProps) {
  const [, change] = useSearchState();
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    onAsk();
  }
  return (
    <form className="panel backtest-form" aria-label="What to backtest" onSubmit={onSubmit}>
      <div className="filters">
        <ServiceField value={question.service} onChange={(service) => change({ service })} />
        <MetricField value={question.metric} onChange={(metric) => change({ metric })} />
        <RangeField range={range} spans={SPANS} onChange={(next) => change(rangeSearch(next))} />
      </div>
      <fieldset className="backtest-compare">
        <legend className="field-label">Compare the present settings with</legend>
        <div className="filters">
          <SensitivityField
            value={question.sensitivity}
            onChange={(sensitivity) => change({ sensitivity })}
          />
          <ChoiceField
            label="Policy"
            value={question.policy}
            words={POLICIES}
            onChange={(policy) => change({ policy })}
          />
          <ChoiceField
            label="Detector"
            value={question.detector}
            words={DETECTORS}
            onChange={(detector) => change({ detector })}
          />
          <button type="submit" className="button button-primary backtest-run" disabled={busy}>
            {busy ? "A backtest is running" : "Run the backtest"}
          </button>
        </div>
      </fieldset>
    </form>
  );
}

interface FieldProps {
  value: string;
  onChange: (value: string) => void;
}

function ServiceField({ value, onChange }: FieldProps) {
  const { data = [] } = useQuery(servicesQuery);
  const [id, list] = [useId(), useId()];
  return (
    <div className="field">
      <label htmlFor={id} className="field-label">
        Service
      </label>
      <input
        id={id}
        className="control"
        list={list}
        placeholder="all services"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={list}>
        {data.slice(0, SUGGESTED).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}

function MetricField({ value, onChange }: FieldProps) {
  const { data } = useQuery(metricsQuery);
  const known = data?.items ?? [];
  return (
    <SelectField label="Metric" value={value} onChange={onChange}>
      <option value="">all metrics</option>
      {known.map(({ metric, title }) => (
        <option key={metric} value={metric}>
          {title}
        </option>
      ))}
      {value && !known.some(({ metric }) => metric === value) && <option value={value}>{value}</option>}
    </SelectField>
  );
}

interface SensitivityFieldProps {
  value: Question["sensitivity"];
  onChange: (value: string) => void;
}

/** A word, or a score of one's own. */
function SensitivityField({ value, onChange }: SensitivityFieldProps) {
  const id = useId();
  const { data } = useQuery(metricsQuery);
  const chosen = typeof value === "number" ? SCORE : (value ?? "");
  return (
    <>
      <SelectField
        label="Sensitivity"
        value={chosen}
        onChange={(next) => onChange(next === SCORE ? String(data?.words.medium ?? 0.625) : next)}
      >
        <option value="">as it is</option>
        {WORDS.map((word) => (
          <option key={word} value={word}>
            {word}
          </option>
        ))}
        <option value={SCORE}>a score…</option>
      </SelectField>
      {typeof value === "number" && (
        <div className="field">
          <label htmlFor={id} className="field-label">
            Score, 0 to 1
          </label>
          <input
            id={id}
            className="control backtest-score"
            type="number"
            min={0.01}
            max={0.99}
            step={0.005}
            defaultValue={value}
            onChange={(event) => {
              if (parseSensitivity(event.target.value) !== null) onChange(event.target.value);
            }}
          />
        </div>
      )}
    </>
  );
}

interface ChoiceFieldProps {
  label: string;
  value: string | null;
  words: Record<string, string>;
  onChange: (value: string) => void;
}

function ChoiceField({ label, value, words, onChange }: ChoiceFieldProps) {
  return (
    <SelectField label={label} value={value ?? ""} onChange={onChange}>
      <option value="">as it is</option>
      {Object.entries(words).map(([key, word]) => (
        <option key={key} value={key}>
          {word}
        </option>
      ))}
    </SelectField>
  );
}
