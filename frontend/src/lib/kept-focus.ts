/** Keeps the focus on the page when what had it is taken away: a button that did its work, a message put away. */
import { type FocusEvent, useLayoutEffect, useRef } from "react";

export type KeptFocus = ReturnType<typeof useKeptFocus>;

/**
 * For the box that holds such elements; `recover` moves the focus to what stands for the one that went.
 * React tells no blur of what it removes, so a focus that was not left and is nowhere was taken away.
 */
export function useKeptFocus(recover: () => void) {
  const inside = useRef(false);
  useLayoutEffect(() => {
    const { activeElement, body } = document;
    if (!inside.current || (activeElement && activeElement !== body)) return;
    inside.current = false;
    recover();
  });
  return {
    onFocus: (_event: FocusEvent) => {
      inside.current = true;
    },
    onBlur: (_event: FocusEvent) => {
      inside.current = false;
    },
  };
}
