/** Which rows of a long list are asked for: those in view and some to spare. */
import { useState } from "react";

export interface RowsWindow {
  offset: number;
  limit: number;
}

const STEP = 50;
const SMALLEST = 100;
const LARGEST = 500;
const FIRST_ROWS = 40;

/** The rows to ask for so that `first` to `last` are there, with some to spare: it moves only now and then. */
export function windowFor(first: number, last: number): RowsWindow {
  const offset = Math.max(0, Math.floor((first - STEP / 2) / STEP) * STEP);
  const wanted = Math.ceil((last + STEP / 2 - offset) / STEP) * STEP;
  return { offset, limit: Math.min(LARGEST, Math.max(SMALLEST, wanted)) };
}

/** `scope` stands for the filters: other ones begin at the top again. The setter takes the rows in view. */
export function useRowsWindow(scope: string): [RowsWindow, (first: number, last: number) => void] {
  const [state, setState] = useState({ scope, window: windowFor(0, FIRST_ROWS) });
  const window = state.scope === scope ? state.window : windowFor(0, FIRST_ROWS);
  function set(first: number, last: number) {
    const next = windowFor(first, Math.max(last, first + FIRST_ROWS));
    if (next.offset !== window.offset || next.limit !== window.limit) setState({ scope, window: next });
  }
  return [window, set];
}
