/** The main job on real parts: a fault becomes an incident, its logs explain it, it is resolved and stays so. */
import { expect, request, test } from "@playwright/test";
import type { ModelList, Overview } from "../../src/lib/api/types.ts";
import { violations } from "../axe.ts";

const CANOPY = (process.env.CANOPY_URL ?? "").replace(/\/$/, "");
const PAYMENT = (process.env.PAYMENT_URL ?? "").replace(/\/$/, "");
const SERVICE = "payment-service";
const METRIC = "lat";
const MODEL_READY_MS = 6 * 60_000;
const INCIDENT_MS = 90_000;

async function fault(method: "post" | "delete"): Promise<void> {
  const service = await request.newContext();
  const response = await service[method](`${PAYMENT}/faults/latency`);
  expect(response.ok(), `${method} ${PAYMENT}/faults/latency: ${response.status()}`).toBe(true);
  await service.dispose();
}

async function get<T>(path: string): Promise<T> {
  const api = await request.newContext();
  const body = (await (await api.get(`${CANOPY}/api/v1${path}`)).json()) as T;
  await api.dispose();
  return body;
}

async function modelState(): Promise<string | undefined> {
  const { items } = await get<ModelList>("/models");
  return items.find((model) => model.service === SERVICE && model.metric === METRIC)?.state;
}

test.skip(!PAYMENT, "PAYMENT_URL says where the fault is to be started");
test.afterEach(() => fault("delete"));

test("from a fault to an incident that stays resolved", async ({ page }) => {
  await expect.poll(modelState, { timeout: MODEL_READY_MS, intervals: [2_000] }).toBe("ready");
  const overview = await get<Overview>("/overview");
  const title = overview.services.find((each) => each.service === SERVICE)?.metrics[METRIC]?.title ?? METRIC;

  await page.goto(`${CANOPY}/ui/`);
  await expect(page.getByRole("link", { name: SERVICE, exact: true })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  const rows = page
    .getByRole("region", { name: "Needs you first" })
    .locator(".incident-row", { hasText: SERVICE })
    .filter({ hasText: title });
  await expect(rows).toHaveCount(0);

  await fault("post");
  await expect(rows.first()).toBeVisible({ timeout: INCIDENT_MS });
  expect(await page.evaluate(() => "sameDocument" in window), "the page was not reloaded").toBe(true);
  await expect(page.locator(".service-card", { hasText: SERVICE }).first()).toContainText("unusual");

  await rows.first().getByRole("link").click();
  const marked = page.getByRole("region", { name: "Log lines around the event" }).locator(".log-line-marked");
  await expect(marked.first()).toBeVisible({ timeout: INCIDENT_MS });
  await expect(page.locator(".chart canvas")).toBeVisible();

  await page.getByRole("button", { name: "Resolve with a reason" }).click();
  await page.getByLabel("Comment (optional)").fill("The report job was stopped.");
  await page.getByRole("button", { name: "Real trouble" }).click();
  await expect(page.locator(".incident-head .status")).toHaveText("Resolved");

  await page.reload();
  await expect(page.locator(".incident-head .status")).toHaveText("Resolved");
  await expect(page.getByText("The report job was stopped.").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
});

test("no accessibility violation on real data", async ({ page }) => {
  for (const path of ["", `services/${SERVICE}`, "incidents", `logs?service=${SERVICE}`, "models"]) {
    await page.goto(`${CANOPY}/ui/${path}`);
    await expect(page.locator("main .panel").first()).toBeVisible();
    expect(await violations(page), path).toEqual([]);
  }
});
