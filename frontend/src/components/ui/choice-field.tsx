/** One of few names from a list, one of many by typing a part of it. */
import { type ChangeEvent, useId, useState } from "react";
import { SelectField } from "./field";

type Option = [value: string, title: string];

interface ChoiceFieldProps {
  label: string;
  value: string;
  options: readonly Option[];
  /** What no choice is called; left out where something is always chosen. */
  none?: string;
  /** A choice is added to others elsewhere, so that the field is free for the next one. */
  adds?: boolean;
  onChange: (value: string) => void;
}

/** More than this many are no list that anyone reads. */
const FEW = 60;
const OFFERED = 50;

export function ChoiceField(props: ChoiceFieldProps) {
  return props.options.length > FEW ? <TypedChoice {...props} /> : <ListedChoice {...props} />;
}

/** What the address names is offered even when nothing of that name is there now. */
function ListedChoice({ label, value, options, none, onChange }: ChoiceFieldProps) {
  const known = value === "" || options.some(([key]) => key === value);
  return (
    <SelectField label={label} value={value} onChange={onChange}>
      {none !== undefined && <option value="">{none}</option>}
      {!known && <option value={value}>{value}</option>}
      {options.map(([key, title]) => (
        <option key={key} value={key}>
          {title}
        </option>
      ))}
    </SelectField>
  );
}

function containing(options: readonly Option[], text: string): readonly Option[] {
  const part = text.toLowerCase();
  return options.filter(([key]) => key.toLowerCase().includes(part));
}

/** An entry of the list comes whole, what is typed comes by letters. */
function isFromList({ nativeEvent }: ChangeEvent): boolean {
  const { inputType } = nativeEvent as InputEvent;
  return inputType === undefined || inputType === "insertReplacementText";
}

/** Takes effect when a name is chosen or can be no other; one that others contain waits for Enter or for leaving. */
function TypedChoice({ label, value, options, none, adds = false, onChange }: ChoiceFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const text = typed ?? value;
  function take(name: string) {
    const known = name === "" ? none !== undefined : options.some(([key]) => key === name);
    if (!known || name === value) return;
    onChange(name);
    if (adds) setTyped(null);
  }
  function onType(event: ChangeEvent<HTMLInputElement>) {
    const next = event.target.value;
    setTyped(next);
    if (next === "" || isFromList(event) || containing(options, next).length === 1) take(next);
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
        placeholder={none}
        value={text}
        onChange={onType}
        onKeyDown={({ key }) => key === "Enter" && take(text)}
        onBlur={() => {
          take(text);
          setTyped(null);
        }}
      />
      <datalist id={`${id}-names`}>
        {containing(options, text)
          .slice(0, OFFERED)
          .map(([key]) => (
            <option key={key} value={key} />
          ))}
      </datalist>
    </div>
  );
}
