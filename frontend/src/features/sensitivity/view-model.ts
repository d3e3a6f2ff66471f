/** A sensitivity and its preview in words. */
import type { SensitivityPreview, WouldFire } from "@/lib/api/types";
import { formatCount, formatNumber, plural } from "@/lib/format";
import type { Sensitivity } from "./queries";

export const WORDS = ["low", "medium", "high"] as const;

/** "medium", "score 0.64". */
export function sensitivityText(sensitivity: Sensitivity): string {
  return typeof sensitivity === "number" ? `score ${sensitivity}` : sensitivity;
}

/** What is typed as a score: between 0 and 1, ends excluded; null for anything else. */
export function parseScore(text: string): number | null {
  const score = text.trim() ? Number(text) : Number.NaN;
  return score > 0 && score < 1 ? score : null;
}

/** "2.3 alerts a week instead of 4.6: 1 appears, 3 vanish." */
export function previewText(preview: SensitivityPreview): string {
  const { present, asked, appears, vanishes } = preview;
  if (!preview.judged) {
    return "No score is stored for these days yet, so nothing can be said of what would change.";
  }
  const rate = `${formatNumber(asked.alerts_per_week)} alerts a week instead of ${formatNumber(present.alerts_per_week)}`;
  if (!appears && !vanishes) return `${rate}: the same ${plural(asked.incidents, "incident")} in these days.`;
  return `${rate}: ${formatCount(appears)} would have come, ${formatCount(vanishes)} would have gone.`;
}

export const CHANGES: Record<WouldFire["change"], { glyph: string; word: string }> = {
  same: { glyph: "=", word: "stays" },
  appears: { glyph: "+", word: "would have come" },
  vanishes: { glyph: "−", word: "would have gone" },
};
