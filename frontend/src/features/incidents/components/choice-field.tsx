/** One of few names from a list, one of many by typing a part of it. */
import { useId, useState } from "react";
import { SelectField } from "@/components/ui/field";

interface ChoiceFieldProps {
  label: string;
  value: string;
  /** Values and what they are called. */
  options: [string, string][];
  onChange: (value: string) => void;
}

/** More than this many are no list that anyone reads. */
const FEW = 60;
const OFFERED = 50;

export function ChoiceField(props: ChoiceFieldProps) {
  return props.options.length > FEW ? <TypedChoice {...props} /> : <ListedChoice {...props} />;
}

/** What the address names is offered even when nothing of that name is there now. */
function ListedChoice({ label, value, options, onChange }: ChoiceFieldProps) {
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

/** Takes effect when the text is one of the names, or is emptied. */
function TypedChoice({ label, value, options, onChange }: ChoiceFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const text = typed ?? value;
  const part = text.toLowerCase();
  const fitting = options.filter(([key]) => key.toLowerCase().includes(part)).slice(0, OFFERED);
  function onType(next: string) {
    setTyped(next);
    if (next === "" || options.some(([key]) => key === next)) onChange(next);
  }
  return (
    <div className="field">
      <label htmlFor={id} className="field-label">
        {label}
      </label>
      <input
        id={id}
        className="control"
        type="search"
        list={`${id}-names`}
        placeholder="Any"
        value={text}
        onChange={(event) => onType(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      <datalist id={`${id}-names`}>
        {fitting.map(([key]) => (
          <option key={key} value={key} />
        ))}
      </datalist>
    </div>
  );
}
