import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { showToast } from "./toast-store";
import { Toasts } from "./toasts";

describe("a message about what was done", () => {
  it("is undone by its button, once", async () => {
    const undo = vi.fn();
    render(<Toasts />);
    act(() => void showToast("Incident 7 is resolved.", { undo }));
    await userEvent.click(screen.getByRole("button", { name: /^Undo/ }));
    expect(undo).toHaveBeenCalledOnce();
    expect(screen.queryByText("Incident 7 is resolved.")).toBeNull();
  });

  it("is undone by U, the newest first", async () => {
    const [first, second] = [vi.fn(), vi.fn()];
    render(<Toasts />);
    act(() => void showToast("one", { undo: first }));
    act(() => void showToast("two", { undo: second }));
    await userEvent.keyboard("u");
    expect(second).toHaveBeenCalledOnce();
    expect(first).not.toHaveBeenCalled();
    await userEvent.keyboard("u");
    expect(first).toHaveBeenCalledOnce();
  });

  it("goes after a while; a problem stays", () => {
    vi.useFakeTimers();
    render(<Toasts />);
    act(() => void showToast("done"));
    act(() => void showToast("It was refused.", { tone: "problem" }));
    act(() => void vi.advanceTimersByTime(60_000));
    expect(screen.queryByText("done")).toBeNull();
    expect(screen.getByRole("alert")).toHaveTextContent("It was refused.");
    vi.useRealTimers();
  });
});
