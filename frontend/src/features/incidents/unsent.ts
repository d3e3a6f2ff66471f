/** What was typed about an incident and not sent yet: it outlives its field, which a failed act or a deletion takes away. */
import { useSyncExternalStore } from "react";

/** The timeline's field, and the one beside the reasons to resolve. */
export type Field = "comment" | "resolution";

/** The timeline field's id in the page, for what sends the focus there. */
export const COMMENT_FIELD = "incident-comment";

const texts = new Map<string, string>();
const listeners = new Set<() => void>();
const keyOf = (id: number, field: Field) => `${field} ${id}`;
const textOf = (id: number, field: Field) => texts.get(keyOf(id, field)) ?? "";

export function keepUnsent(id: number, field: Field, text: string): void {
  if (text) texts.set(keyOf(id, field), text);
  else texts.delete(keyOf(id, field));
  for (const listener of listeners) listener();
}

/** Forgets what has arrived; what was typed since stays. */
export function forgetSent(id: number, field: Field, sent: string): void {
  if (textOf(id, field).trim() === sent) keepUnsent(id, field, "");
}

/** A resolution that came too late can have no comment; the timeline can, below what is typed there. */
export function moveToTimeline(id: number): void {
  if (!textOf(id, "resolution")) return;
  const parts = [textOf(id, "comment"), textOf(id, "resolution")];
  keepUnsent(id, "comment", parts.filter(Boolean).join("\n\n"));
  keepUnsent(id, "resolution", "");
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUnsent(id: number, field: Field): string {
  return useSyncExternalStore(subscribe, () => textOf(id, field));
}
