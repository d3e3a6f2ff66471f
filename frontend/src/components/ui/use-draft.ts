/** What is being typed, ahead of what the page knows: an address takes a moment to change, a key must not. */
import { useState } from "react";

interface Draft {
  draft: string;
  setDraft: (text: string) => void;
  /** For the input: its own text wins while it has the focus. */
  focus: { onFocus: () => void; onBlur: () => void };
}

export function useDraft(value: string): Draft {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  const [focused, setFocused] = useState(false);
  if (value !== seen) {
    setSeen(value);
    if (!focused) setDraft(value);
  }
  return { draft, setDraft, focus: { onFocus: () => setFocused(true), onBlur: () => setFocused(false) } };
}
