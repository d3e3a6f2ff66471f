/** The bench's own settings: one browser at a time, on a built UI, over a shop of 10,000 incidents. */
import { defineConfig } from "@playwright/test";
import base from "../playwright.config.ts";

process.env.FIXTURE_INCIDENTS ??= "10000";

export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: "*.bench.ts",
  outputDir: "../test-results/bench",
  projects: [{ name: "bench", timeout: 600_000 }],
  reporter: [["line"]],
  // A trace photographs each frame and copies each change of the page: that would be measured too.
  use: { ...base.use, trace: "off" },
});
