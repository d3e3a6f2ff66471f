/** Runs before each test file: matchers, the stand-in network, and what happy-dom leaves out. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { FakeEventSource, SeesAll } from "./fakes";
import { server } from "./server";

// How long to wait for what must come; a busy machine is no failure.
configure({ asyncUtilTimeout: 15_000 });

// happy-dom has no canvas; what the chart draws is looked at in a real browser (e2e).
vi.mock("@/components/uplot-chart", () => ({ default: () => null }));

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));

beforeEach(() => {
  vi.stubGlobal("EventSource", FakeEventSource);
  vi.stubGlobal("IntersectionObserver", SeesAll);
  // One tab: its stream is its own and there at once.
  Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
});

afterEach(() => {
  cleanup();
  server.resetHandlers();
  FakeEventSource.opened = [];
  localStorage.clear();
});

afterAll(() => server.close());
