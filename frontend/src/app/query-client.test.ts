import { focusManager, QueryObserver } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, unwrap } from "@/lib/api/client";
import { setPreferences } from "@/lib/preferences";
import { makeQueryClient } from "./query-client";

const failing = (cause: unknown) => vi.fn(() => unwrap<string>(Promise.reject(cause)));

describe("a question that fails", () => {
  afterEach(() => focusManager.setFocused(undefined));

  const asked = async (queryFn: () => Promise<string>) => {
    await expect(makeQueryClient().fetchQuery({ queryKey: ["a"], queryFn })).rejects.toThrow(ApiError);
  };

  it("is asked once more when nobody was there", async () => {
    const queryFn = failing(new TypeError("Failed to fetch"));
    await asked(queryFn);
    expect(queryFn).toHaveBeenCalledTimes(2);
  });

  it("is not when the server took too long: the page would wait as long again", async () => {
    const queryFn = failing(new DOMException("", "TimeoutError"));
    await asked(queryFn);
    expect(queryFn).toHaveBeenCalledOnce();
  });

  it("ends in a hidden tab too, and what is asked next is not held up", async () => {
    focusManager.setFocused(false);
    const queryFn = failing(new TypeError("Failed to fetch"));
    await asked(queryFn);
    expect(queryFn).toHaveBeenCalledOnce();
  });
});

describe("coming back to the tab", () => {
  afterEach(() => {
    focusManager.setFocused(undefined);
    setPreferences({ refresh: "live" });
  });

  it.each([
    ["live", 2],
    ["paused", 1],
  ] as const)("while %s asks %i times in all", async (refresh, times) => {
    setPreferences({ refresh });
    focusManager.setFocused(false);
    const client = makeQueryClient();
    client.mount();
    const queryFn = vi.fn(async () => "an answer");
    const observer = new QueryObserver(client, { queryKey: ["a"], queryFn, staleTime: 0 });
    const stop = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(observer.getCurrentResult().isSuccess).toBe(true));
    focusManager.setFocused(true);
    await vi.waitFor(() => expect(client.isFetching()).toBe(0));
    expect(queryFn).toHaveBeenCalledTimes(times);
    stop();
    client.unmount();
  });
});
