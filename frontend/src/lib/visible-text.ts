/** Text that people wrote, with what would make a line read as another shown instead of obeyed. */

/** Embeddings, overrides and isolates of the writing direction: those that log lines show too. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

/** "paid <U+202E>evil": as the backend writes such characters of a log line. */
export function visibleText(text: string): string {
  return text.replace(DIRECTION, (each) => `<U+${each.charCodeAt(0).toString(16).toUpperCase()}>`);
}
