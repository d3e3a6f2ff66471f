/** What the command palette finds for what is typed: services by name, actions by their words. */

/** Lower is better; null where some word is not found. A word at the start counts more than one inside. */
export function rank(name: string, words: readonly string[]): number | null {
  const text = name.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return null;
    const starts = at === 0 || /[^\p{L}\p{N}]/u.test(text.charAt(at - 1));
    sum += (starts ? 0 : 100) + Math.min(at, 99);
  }
  return sum + text.length / 1_000;
}

export const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** The `most` best of `items`, best first; all of them fit when nothing is typed. */
export function best<T>(items: readonly T[], nameOf: (item: T) => string, text: string, most: number): T[] {
  const words = wordsOf(text);
  if (!words.length) return items.slice(0, most);
  return items
    .flatMap((item) => {
      const score = rank(nameOf(item), words);
      return score === null ? [] : [{ item, score }];
    })
    .sort((a, b) => a.score - b.score)
    .slice(0, most)
    .map(({ item }) => item);
}

/** "240" or "#240": an incident's number. */
export function incidentNumber(text: string): number | null {
  const [, digits] = /^#?(\d{1,9})$/.exec(text.trim()) ?? [];
  return digits ? Number(digits) : null;
}
