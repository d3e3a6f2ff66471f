/** The keys a page answers to: registered where they act, so that what `?` lists is what works. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { tinykeys } from "tinykeys";
import { getPreferences } from "./preferences";

export interface Shortcut {
  /** In tinykeys' words: "j", "g n" (one after the other), "$mod+k" (Ctrl, on a Mac Cmd), "Enter". */
  keys: string;
  /** What it does, as `?` and the command palette list it: "Resolve the incident". */
  does: string;
  run: () => void;
  /** Only a key, such as "next row": the palette does not offer it. */
  keyOnly?: boolean;
}

/** Keys of one part of the page, under a heading of their own in the list. */
export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

const groups = new Set<ShortcutGroup>();
const listeners = new Set<() => void>();
let listed: readonly ShortcutGroup[] = [];

function changed(): void {
  listed = [...groups];
  for (const listener of listeners) listener();
}

const TYPING = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
/** What has keys of its own while it is open. */
const OVERLAY = "dialog, [role=dialog], [role=alertdialog], [role=menu], [role=listbox]";

/** Whether a plain key belongs to what has the focus, and not to the page. */
function taken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  return Boolean(target?.closest(`${TYPING}, ${OVERLAY}`));
}

/** A sign such as "?" needs Shift on some keyboards and none on others. */
function variants(keys: string): string[] {
  return /^[^\w\s$]$/.test(keys) ? [keys, `Shift+${keys}`] : [keys];
}

/** Enter and Space on a button or a link are the button's or the link's. */
function pressesControl(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  return (event.key === "Enter" || event.key === " ") && Boolean(target?.closest("a, button, summary"));
}

/** WCAG 2.1.4 is about letters and signs, Shift or not; Enter, Escape and what is held with Ctrl are none. */
const isCharacters = (keys: string) => keys.split(" ").every((press) => /^(Shift\+)?.$/u.test(press));
const isHeld = (keys: string) => /(\$mod|Control|Alt|Meta)\+/.test(keys);

function guarded(shortcut: Shortcut, newest: () => readonly Shortcut[]): (event: KeyboardEvent) => void {
  const isChord = shortcut.keys.includes("+");
  const [characters, held] = [isCharacters(shortcut.keys), isHeld(shortcut.keys)];
  return (event) => {
    if (event.defaultPrevented || (event.repeat && isChord)) return;
    if (characters && !getPreferences().keys) return;
    if (!held && (taken(event) || pressesControl(event))) return;
    event.preventDefault();
    newest()
      .find((each) => each.keys === shortcut.keys)
      ?.run();
  };
}

/** Listens for `shortcuts` while the component is shown; they need not be memoised, only their keys count. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const signature = shortcuts.map(({ keys, does }) => `${keys}\t${does}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the shortcuts
  useEffect(() => {
    if (!newest.current.length) return;
    const group: ShortcutGroup = {
      title,
      get shortcuts() {
        return newest.current;
      },
    };
    groups.add(group);
    changed();
    const handlers = newest.current.flatMap((shortcut) =>
      variants(shortcut.keys).map((keys) => [keys, guarded(shortcut, () => newest.current)] as const),
    );
    const stop = tinykeys(window, Object.fromEntries(handlers));
    return () => {
      stop();
      groups.delete(group);
      changed();
    };
  }, [title, signature]);
}

/** What the page shown answers to. */
export function useRegisteredShortcuts(): readonly ShortcutGroup[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => listed,
  );
}

const IS_MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");
const NAMES: Record<string, string> = {
  $mod: IS_MAC ? "⌘" : "Ctrl",
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
};

/** The keys as they are printed on a keyboard, one after the other: [["Ctrl", "K"]], [["G"], ["N"]]. */
export function printedKeys(keys: string): string[][] {
  return keys
    .split(" ")
    .map((press) =>
      press.split("+").map((key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)),
    );
}
