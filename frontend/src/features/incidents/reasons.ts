/** Why an incident may be resolved, in the operator's words. */
import type { ResolveReason } from "@/lib/api/types";

export const REASONS: readonly { value: ResolveReason; label: string; note: string }[] = [
  { value: "real", label: "Real trouble", note: "It was right, and is over" },
  { value: "expected", label: "Expected", note: "The model may learn it" },
  { value: "noise", label: "Noise", note: "The model may learn it" },
  { value: "maintenance", label: "Maintenance", note: "Planned; not learned" },
];

/** "real trouble": a reason's label inside a sentence. */
export function reasonWords(reason: ResolveReason): string {
  return (REASONS.find(({ value }) => value === reason)?.label ?? reason).toLowerCase();
}
