/** What is measured inside the page; each function is sent to the browser whole and so knows nothing of this file. */
import type { Browser, Page } from "@playwright/test";

/** Slows the processor `rate` times, as a small laptop or a phone is. */
export async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** A tab that is new to the page (no cache, no code kept), after the browser has made it. */
export async function newTab(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  // Its processes start for half a second; whoever clicks a link has a browser that runs.
  await page.waitForTimeout(500);
  return page;
}

/** From the click on a link until all of `selectors` are painted, in ms. */
export async function paintedAfter(page: Page, url: string, selectors: readonly string[]): Promise<number> {
  await page.addInitScript((wanted) => {
    const look = () => {
      if (!wanted.every((each) => document.querySelector(each))) return requestAnimationFrame(look);
      // This frame paints them; the next one begins when that is done.
      return requestAnimationFrame(() => Object.assign(window, { painted: performance.now() }));
    };
    look();
  }, selectors);
  await page.goto(url);
  const found = await page.waitForFunction(() => (window as unknown as { painted?: number }).painted);
  return (await found.jsonValue()) ?? Number.NaN;
}

/** An event stream that tells of readings each second, whatever the server does. */
export async function readingsEachSecond(page: Page): Promise<void> {
  await page.addInitScript(() => {
    class Ticking extends EventTarget {
      onopen: (() => void) | null = null;
      timer = setInterval(() => this.dispatchEvent(new Event("readings")), 1_000);
      close() {
        clearInterval(this.timer);
      }
    }
    Object.assign(window, { EventSource: Ticking });
  });
}

/** Frames a second and tasks of more than 50 ms during `ms` milliseconds. */
export async function frames(page: Page, ms: number): Promise<{ fps: number; longTasks: number }> {
  return page.evaluate(async (span) => {
    let longTasks = 0;
    const observer = new PerformanceObserver((list) => {
      longTasks += list.getEntries().length;
    });
    observer.observe({ type: "longtask" });
    let count = 0;
    const start = performance.now();
    await new Promise<void>((done) => {
      const frame = () => {
        count += 1;
        if (performance.now() - start < span) requestAnimationFrame(frame);
        else done();
      };
      requestAnimationFrame(frame);
    });
    const seconds = (performance.now() - start) / 1_000;
    observer.disconnect();
    return { fps: count / seconds, longTasks };
  }, ms);
}

/** Counts the keys and clicks that reach the page from when it is loaded; the answer says how many so far. */
export async function countInputs(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    Object.assign(window, { inputs: 0 });
    const count = () => {
      (window as unknown as { inputs: number }).inputs += 1;
    };
    // A click by Enter on a link is a key, which is counted as one.
    for (const kind of ["keydown", "pointerdown"]) window.addEventListener(kind, count, { capture: true });
  });
  return () => page.evaluate(() => (window as unknown as { inputs: number }).inputs);
}

/** Begins to note how long each key press and click takes until its frame is painted. */
export async function watchInteractions(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const durations = new Map<number, number>();
    Object.assign(window, { durations });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[]) {
        if (!entry.interactionId) continue;
        const known = durations.get(entry.interactionId) ?? 0;
        durations.set(entry.interactionId, Math.max(known, entry.duration));
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: false } as PerformanceObserverInit);
  });
  return () =>
    page.evaluate(() => [...(window as unknown as { durations: Map<number, number> }).durations.values()]);
}
