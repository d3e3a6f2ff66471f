/** Keeps cards where they are while someone points at them or has the keyboard in them. */
import { useRef, useState } from "react";

/** The order kept: what was there stays in place, what is gone leaves, what is new comes last. */
export function keepOrder(kept: readonly string[], wanted: readonly string[]): string[] {
  const present = new Set(wanted);
  const known = new Set(kept);
  return [...kept.filter((name) => present.has(name)), ...wanted.filter((name) => !known.has(name))];
}

interface HoldHandlers {
  onPointerEnter: (event: { pointerType: string }) => void;
  onPointerLeave: () => void;
  onFocus: () => void;
  onBlur: () => void;
}

/** `items` in a held or the wanted order, and the handlers that say when to hold. */
export function useStableOrder<T>(items: readonly T[], nameOf: (item: T) => string): [T[], HoldHandlers] {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const order = useRef<string[]>([]);
  const wanted = items.map(nameOf);
  order.current = pointed || focused ? keepOrder(order.current, wanted) : wanted;
  const byName = new Map(items.map((item) => [nameOf(item), item]));
  const shown = order.current.flatMap((name) => byName.get(name) ?? []);
  return [
    shown,
    {
      // A finger has no hover: its "leave" would come with the very tap.
      onPointerEnter: (event) => setPointed(event.pointerType !== "touch"),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: () => setFocused(false),
    },
  ];
}
