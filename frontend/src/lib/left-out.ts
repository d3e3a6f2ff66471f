/** What a link asks for that its page cannot do: left out of the question, so it has to be said. */
import { visibleText } from "./visible-text";

/** True where the page does what the value says. */
type Check = (value: string) => boolean;

const LONGEST = 60;

export const oneOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    allowed.includes(value);

/** "status=FOO" for each value that its parameter's check refuses; other parameters belong to others. */
export function leftOut(search: URLSearchParams, checks: Record<string, Check>): string[] {
  const known = new Map(Object.entries(checks));
  const refused = [...search].filter(([name, value]) => value && known.get(name)?.(value) === false);
  return [...new Set(refused.map(([name, value]) => `${name}=${shortened(visibleText(value))}`))];
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
