/** The browser tests: on the fixture API always, on a real Canopy when CANOPY_URL names one. */
import { defineConfig } from "@playwright/test";

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const MINUTE = 60_000;
// A folder each: what a run leaves is removed when the next one begins, and CI keeps both.
const real = {
  name: "real",
  testDir: "e2e/mock-free",
  outputDir: "test-results/real",
  timeout: 10 * MINUTE,
};
const fixture = {
  name: "fixture",
  testDir: "e2e/fixture",
  outputDir: "test-results/fixture",
  timeout: 4 * MINUTE,
};

export default defineConfig({
  workers: 1,
  forbidOnly: true,
  retries: 0,
  reporter: [["list"]],
  expect: { timeout: 20_000 },
  projects: process.env.CANOPY_URL ? [fixture, real] : [fixture],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: CHROMIUM_FLAGS,
    },
  },
});
