/** The key that does what a button does, beside its word; for eyes, while such keys are switched on. */
import { usePreferences } from "@/lib/preferences";

export function KeyHint({ children }: { children: string }) {
  const { keys } = usePreferences();
  if (!keys) return null;
  return (
    <span aria-hidden="true" className="key-hint">
      <kbd>{children}</kbd>
    </span>
  );
}
