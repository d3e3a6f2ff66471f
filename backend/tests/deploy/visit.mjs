// Visits pages in a browser through a password and a certificate of the test's own; prints what each showed, as JSON.
//   node visit.mjs FRONTEND_FOLDER BASE_URL USER PASSWORD PATH...
import { createRequire } from "node:module";

const [frontend, base, username, password, ...paths] = process.argv.slice(2);
const { chromium } = createRequire(`${frontend}/package.json`)("@playwright/test");

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true, httpCredentials: { username, password } });
const visits = [];
for (const path of paths) {
  const page = await context.newPage();
  const refused = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refused.push(message.text());
  });
  await page.goto(base + path, { waitUntil: "load" });
  await page.getByText("Prometheus").first().waitFor();
  // A page's code comes after the frame around it, and names the page only then.
  await page.waitForFunction(() => document.title.includes(" · "));
  visits.push({ path, title: await page.title(), refused });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(visits));
