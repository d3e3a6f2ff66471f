/** Playwright's `test` with the built UI and the fixture API behind it, on a port of its own. */
import { fileURLToPath } from "node:url";
import { test as base, type Page } from "@playwright/test";
import { preview } from "vite";

/** Each page's address, the call behind it, and what stands there once that is answered. */
export const PAGES = [
  { name: "Now", path: "", api: "/overview", data: ".service-card .sparkline" },
  { name: "Service", path: "services/payment-service", api: "/metrics?", data: ".chart canvas" },
  { name: "Incidents", path: "incidents", api: "/incidents?", data: ".line-title" },
  { name: "Incident", path: "incidents/240", api: "/incidents/240", data: ".chart canvas" },
  { name: "Logs", path: "logs?service=payment-service", api: "/logs/lines", data: ".log-row" },
  { name: "Models", path: "models", api: "/models", data: "tbody tr" },
  { name: "Sensitivity", path: "models/sensitivity", api: "/sensitivity", data: "tbody tr" },
  { name: "Backtest", path: "models/backtest", api: "/backtests", data: ".backtest-verdict" },
] as const;

export const isApi = (prefix: string) => (url: URL) =>
  (url.pathname + url.search).startsWith(`/api/v1${prefix}`);

interface Served {
  ui: string;
}

export const test = base.extend<{ cspViolations: string[] }, Served>({
  ui: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const root = fileURLToPath(new URL("..", import.meta.url));
      const server = await preview({ root, mode: "fixture", preview: { host: "127.0.0.1", port: 0 } });
      const address = server.httpServer.address();
      if (address === null || typeof address === "string") throw new Error("the preview server has no port");
      await use(`http://127.0.0.1:${address.port}/ui/`);
      await server.close();
    },
    { scope: "worker" },
  ],
  /** What the strict Content-Security-Policy of the preview server refused; each test ends with none. */
  cspViolations: [
    async ({ page }, use) => {
      const refused: string[] = [];
      page.on("console", (message) => {
        if (message.text().includes("Content Security Policy")) refused.push(message.text());
      });
      await use(refused);
      if (refused.length) throw new Error(`the UI does what a strict policy forbids:\n${refused.join("\n")}`);
    },
    { auto: true },
  ],
});

/** Each such call answers `status` with `body`. */
export async function answerAll(page: Page, prefix: string, status: number, body: unknown): Promise<void> {
  await page.route(isApi(prefix), (route) =>
    route.fulfill({
      status,
      contentType: status < 400 ? "application/json" : "application/problem+json",
      body: JSON.stringify(body),
    }),
  );
}

export const problem = (detail: string) => ({ type: "about:blank", title: "Problem", status: 503, detail });
