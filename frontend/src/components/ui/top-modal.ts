/** Which dialog is open on top: the rest of the page is beneath it, and beyond reach. */
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let open: readonly HTMLDialogElement[] = [];

function put(next: readonly HTMLDialogElement[]): void {
  open = next;
  for (const listener of listeners) listener();
}

/** The answer takes it away again. */
export function noteModal(dialog: HTMLDialogElement): () => void {
  put([...open, dialog]);
  return () => put(open.filter((each) => each !== dialog));
}

export function useTopModal(): HTMLDialogElement | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open.at(-1),
  );
}
