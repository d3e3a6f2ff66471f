/** Runs axe-core in the page and tells what it found. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type axe from "axe-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** "rule: where" for each violation; empty when there is none. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(SOURCE);
  const results = await page.evaluate(() => {
    const runner = (globalThis as unknown as { axe: typeof axe }).axe;
    // WCAG 2.2 AA's own rule; axe leaves it out unless it is asked for.
    const rules = { "target-size": { enabled: true } };
    return runner.run(document, { resultTypes: ["violations"], rules });
  });
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
  );
}
