import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QueryView, Skeleton } from "./states";

const view = (data?: string) => (
  <QueryView
    query={{ data, error: null, dataUpdatedAt: 0, refetch: () => undefined }}
    what="The overview"
    skeleton={<Skeleton height={9} label="Loading the overview" />}
  >
    {(text) => <p>{text}</p>}
  </QueryView>
);

describe("a view without an answer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says after a while that it is still waiting, until the answer is there", () => {
    const { rerender } = render(view());
    expect(screen.getByRole("status", { name: "Loading the overview" })).toBeVisible();
    expect(screen.queryByText(/still waiting/)).toBeNull();
    act(() => void vi.advanceTimersByTime(5_000));
    expect(screen.getByText("The overview: no answer yet, still waiting for the server.")).toBeVisible();
    rerender(view("all is well"));
    expect(screen.getByText("all is well")).toBeVisible();
    expect(screen.queryByText(/still waiting/)).toBeNull();
  });
});
