/** How fast the screen is, on the made-up shop: the figures that docs and CI quote. */
import { type Browser, expect, type Page } from "@playwright/test";
import { isApi, test } from "../e2e/fixture-test.ts";
import { historyOf } from "../src/testing/factories.ts";
import { type Figure, median, percentile, report, writeTable } from "./figures.ts";
import {
  countInputs,
  frames,
  newTab,
  paintedAfter,
  readingsEachSecond,
  slowDown,
  watchInteractions,
} from "./in-page.ts";

const RUNS = 5;
const CARD = ".service-card .sparkline";
const FIRST = ".incident-list li";
const figures: Figure[] = [];

/** As often as Canopy polls by default. */
const A_POLL_MS = 15_000;

/** What the made-up shop serves from now on. */
function shop({ services, pollMs }: { services: number; pollMs: number }): void {
  process.env.FIXTURE_SERVICES = String(services);
  process.env.FIXTURE_POLL_MS = String(pollMs);
}

test.describe.configure({ mode: "serial" });
// What a test does not say is as shipped, whatever the one before it said.
test.beforeEach(() => shop({ services: 24, pollMs: A_POLL_MS }));
// biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
test.afterAll(({}, { project, status }) => {
  report(figures, project.outputDir);
  // A run by hand, of a part perhaps, and one that broke off leave the page as it was.
  if (status === "passed" && process.env.BENCH_WRITES) writeTable(figures);
});

function note(what: string, values: readonly number[], unit: string, limit: number): void {
  figures.push({ what, value: median(values), unit, limit, runs: values.length });
}

/** Now with data on the screen, which answers to a key. */
async function usable(browser: Browser, ui: string, rate: number): Promise<number> {
  // Someone has asked since the poll: the server has its answer ready, as nearly always.
  await fetch(new URL("/api/v1/overview", ui));
  const page = await newTab(browser);
  await slowDown(page, rate);
  const ms = await paintedAfter(page, ui, [CARD, FIRST]);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/incidents\/\d+/);
  await page.context().close();
  return ms;
}

for (const services of [24, 1_000]) {
  for (const [rate, limit] of [
    [1, 600],
    [4, 2_000],
  ] as const) {
    test(`Now usable, ${services} services, ${rate}×`, async ({ browser, ui }) => {
      shop({ services, pollMs: A_POLL_MS });
      const values: number[] = [];
      for (let run = 0; run < RUNS; run++) values.push(await usable(browser, ui, rate));
      note(`Now usable, ${services} services, ${rate}× CPU`, values, "ms", limit);
    });
  }
}

for (const services of [200, 1_000]) {
  test(`${services} services updating each second`, async ({ page, ui }) => {
    shop({ services, pollMs: 1_000 });
    await readingsEachSecond(page);
    await page.goto(ui);
    await expect(page.locator(CARD).first()).toBeVisible();
    await page.waitForTimeout(2_000);
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await frames(page, 3_000));
    const fps = median(runs.map((each) => each.fps));
    figures.push({
      what: `${services} services updating each second`,
      value: fps,
      unit: "fps",
      limit: 58,
      atLeast: true,
      runs: RUNS,
    });
    note(
      `${services} services updating each second, long tasks`,
      runs.map((each) => each.longTasks),
      "",
      0,
    );
  });
}

for (const services of [24, 1_000]) {
  test(`filter 10,000 incidents of ${services} services at 4×`, async ({ page, ui }) => {
    shop({ services, pollMs: A_POLL_MS });
    await page.goto(`${ui}incidents`);
    await expect(page.getByText(/10,000/).first()).toBeVisible();
    await slowDown(page, 4);
    const durations = await watchInteractions(page);
    const box = page.getByPlaceholder("Words, or #12");
    for (let run = 0; run < RUNS; run++) {
      await box.pressSequentially("latency cart", { delay: 60 });
      await page.waitForTimeout(400);
      await box.fill("");
      await page.getByRole("button", { name: /^Critical/ }).click();
      await page.waitForTimeout(400);
      await page.getByRole("button", { name: /^Critical/ }).click();
      await page.waitForTimeout(400);
    }
    const all = await durations();
    figures.push({
      what: `filter 10,000 incidents, ${services} services, 4× CPU, p98`,
      value: percentile(all, 0.98),
      unit: "ms",
      limit: 200,
      runs: all.length,
    });
  });
}

/** 20,000 readings for every question, so that each chart has as many. */
async function longHistory(page: Page): Promise<void> {
  const end = Date.now();
  const points = Array.from({ length: 20_000 }, (_, index) => ({
    timestamp: new Date(end - (20_000 - index) * 15_000).toISOString(),
    value: 30 + 10 * Math.sin(index / 500) + (index % 7),
    prediction: "Normal" as const,
    severity: "Normal" as const,
    score: 0.4,
  }));
  let asked = 0;
  await page.route(isApi("/metrics/history"), (route) => {
    asked += 1;
    const newest = points.at(-1);
    if (newest) newest.value = 30 + asked;
    const body = JSON.stringify(historyOf("cart", "cpu", { unit: "percent", points, total: points.length }));
    return route.fulfill({ contentType: "application/json", body });
  });
}

test("a chart of 20,000 points", async ({ page, ui }) => {
  await longHistory(page);
  await readingsEachSecond(page);
  const [mounts, updates]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    await page.goto(`${ui}incidents/9998`);
    await expect(page.locator(".chart canvas").first()).toBeVisible();
    await page.waitForFunction(() => performance.getEntriesByName("chart update").length > 0);
    const measured = (name: string) =>
      page.evaluate((each) => performance.getEntriesByName(each).map((entry) => entry.duration), name);
    mounts.push(...(await measured("chart mount")).slice(0, 1));
    updates.push(...(await measured("chart update")).slice(0, 1));
  }
  note("chart of 20,000 points, mount", mounts, "ms", 100);
  note("chart of 20,000 points, update", updates, "ms", 5);
});

test("a silent stream: the stale badge", async ({ page, ui }) => {
  const values: number[] = [];
  await page.addInitScript(() => {
    class Silent extends EventTarget {
      onopen: (() => void) | null = null;
      constructor() {
        super();
        setTimeout(() => {
          this.dispatchEvent(new Event("ping"));
          Object.assign(window, { lastHeard: performance.now() });
        }, 50);
      }
      close() {}
    }
    Object.assign(window, { EventSource: Silent });
  });
  for (let run = 0; run < RUNS; run++) {
    await page.goto(ui);
    await expect(page.locator(".connection-stale")).toBeVisible();
    values.push(
      await page.evaluate(() => performance.now() - (window as unknown as { lastHeard: number }).lastHeard),
    );
  }
  note("lost event stream until the stale badge", values, "ms", 5_000);
});

test("keys from Now to the top incident resolved, and undone", async ({ page, ui }) => {
  const inputs = await countInputs(page);
  await page.goto(ui);
  await expect(page.locator(FIRST).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/incidents\/\d+/);
  const status = page.locator(".incident-head .status");
  await expect(status).toHaveText("Open");
  await page.keyboard.press("r");
  await expect(status).toHaveText("Resolved");
  const resolved = await inputs();
  note("keys: top incident resolved", [resolved], "", 3);
  await page.keyboard.press("u");
  await expect(status).toHaveText("Open");
  note("keys: undone", [(await inputs()) - resolved], "", 1);
});

test("clicks from Now to the lines that explain the top incident", async ({ page, ui }) => {
  const inputs = await countInputs(page);
  await page.goto(ui);
  await page.locator(`${FIRST} a`).first().click();
  await expect(page.locator(".log-line-marked").first()).toBeInViewport();
  note("clicks from Now to the lines that explain the top incident", [await inputs()], "", 1);
});
