/** Labelled form controls, native ones: they are what every keyboard, phone and screen reader knows. */
import { type ReactNode, useEffect, useId } from "react";
import { useDraft } from "./use-draft";
import "./field.css";

interface FieldProps {
  label: string;
  hideLabel?: boolean;
}

interface SelectFieldProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

export function SelectField({ label, hideLabel = false, value, onChange, children }: SelectFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : "field-label"}>
        {label}
      </label>
      <select id={id} className="control" value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

interface TextFieldProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  type?: "text" | "search" | "datetime-local";
  /** Milliseconds of quiet before `onChange` is called. */
  delay?: number;
}

/** Shows what is typed at once; tells the page when the typing pauses. */
export function TextField({
  label,
  hideLabel = false,
  value,
  onChange,
  delay = 0,
  type = "text",
  placeholder,
}: TextFieldProps) {
  const id = useId();
  const { draft, setDraft, focus } = useDraft(value);
  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => onChange(draft), delay);
    return () => clearTimeout(timer);
  }, [draft, value, delay, onChange]);
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : "field-label"}>
        {label}
      </label>
      <input
        id={id}
        className="control"
        type={type}
        value={draft}
        placeholder={placeholder}
        step={type === "datetime-local" ? 1 : undefined}
        onChange={(event) => setDraft(event.target.value)}
        {...focus}
      />
    </div>
  );
}

interface ToggleGroupProps<T extends string> {
  label: string;
  options: readonly { value: T; label: string }[];
  selected: readonly T[];
  onChange: (selected: T[]) => void;
}

/** Several may be chosen; none chosen means any. */
export function ToggleGroup<T extends string>({ label, options, selected, onChange }: ToggleGroupProps<T>) {
  return (
    <fieldset className="toggles">
      <legend className="field-label">{label}</legend>
      {options.map((option) => {
        const on = selected.includes(option.value);
        return (
          <button
            key={option.value}
            type="button"
            className="toggle"
            aria-pressed={on}
            onClick={() =>
              onChange(on ? selected.filter((each) => each !== option.value) : [...selected, option.value])
            }
          >
            {option.label}
          </button>
        );
      })}
    </fieldset>
  );
}
