/** Short messages about what was just done, each with its way back. */
import { useSyncExternalStore } from "react";

export interface Toast {
  id: number;
  text: string;
  tone: "done" | "problem";
  /** Takes back what was done; offered as a button and as the key U while the message stands. */
  undo: (() => void) | undefined;
  /** What it is about: a newer message about the same takes its place. */
  about: string | undefined;
}

const listeners = new Set<() => void>();
const MOST = 3;
let toasts: readonly Toast[] = [];
let lastId = 0;

function put(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** What was done gives way to problems, these only to each other; the newest done always stands, with its undo. */
function thinned(all: readonly Toast[]): readonly Toast[] {
  const problems = all.filter((toast) => toast.tone === "problem").slice(-MOST);
  const done = all.filter((toast) => toast.tone === "done").slice(-Math.max(1, MOST - problems.length));
  const standing = new Set([...problems, ...done]);
  return all.filter((toast) => standing.has(toast));
}

/** Shows `text`; the answer takes it away early. */
export function showToast(
  text: string,
  options: { undo?: () => void; tone?: Toast["tone"]; about?: string } = {},
): () => void {
  lastId += 1;
  const id = lastId;
  const { about, tone = "done", undo } = options;
  const others = toasts.filter((toast) => !about || toast.about !== about);
  put(thinned([...others, { id, text, tone, undo, about }]));
  return () => dismissToast(id);
}

export function dismissToast(id: number): void {
  put(toasts.filter((toast) => toast.id !== id));
}

/** Undoes the newest that can be; false when there is none. */
export function undoNewest(): boolean {
  const newest = toasts.findLast((toast) => toast.undo);
  if (!newest) return false;
  dismissToast(newest.id);
  newest.undo?.();
  return true;
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
