import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { showToast } from "./toast-store";
import { Toasts } from "./toasts";
import { Modal } from "./ui/modal";

afterEach(() => {
  for (const button of screen.queryAllByRole("button", { name: "Put the message away" }))
    fireEvent.click(button);
});

const page = (button: boolean) => (
  <main tabIndex={-1}>
    {button && <button type="button">On the page</button>}
    <Toasts />
  </main>
);

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

  it("is pushed out by later ones, a problem by later problems only", () => {
    render(<Toasts />);
    const standing = () =>
      ["refused", "one", "two", "three", "four"].filter((text) => screen.queryByText(text));
    act(() => void showToast("refused", { tone: "problem" }));
    for (const text of ["one", "two", "three"]) act(() => void showToast(text));
    expect(standing()).toEqual(["refused", "two", "three"]);
    for (const text of ["2nd", "3rd"]) act(() => void showToast(text, { tone: "problem" }));
    expect(standing()).toEqual(["refused", "three"]);
    act(() => void showToast("four"));
    expect(standing()).toEqual(["refused", "four"]);
    act(() => void showToast("4th", { tone: "problem" }));
    expect(standing()).toEqual(["four"]);
  });

  it("takes the place of the one before about the same", () => {
    render(<Toasts />);
    act(() => void showToast("7 is resolved.", { about: "incident 7" }));
    act(() => void showToast("8 is resolved.", { about: "incident 8" }));
    act(() => void showToast("7 is open.", { about: "incident 7" }));
    expect(screen.queryByText("7 is resolved.")).toBeNull();
    expect(screen.getByText("8 is resolved.")).toBeVisible();
    expect(screen.getByText("7 is open.")).toBeVisible();
  });

  it("gives the focus back to where it was when it is put away, else to the page", async () => {
    const user = userEvent.setup();
    const { rerender } = render(page(true));
    screen.getByRole("button", { name: "On the page" }).focus();
    const take = (answer: string | RegExp) => {
      act(() => void showToast("Just done.", { undo: () => undefined }));
      const toast = screen.getByText("Just done.").parentElement as HTMLElement;
      within(toast).getByRole("button", { name: answer }).focus();
    };
    for (const answer of [/^Undo/, "Put the message away"]) {
      take(answer);
      await user.keyboard("{Enter}");
      expect(screen.getByRole("button", { name: "On the page" })).toHaveFocus();
    }
    take(/^Undo/);
    rerender(page(false));
    await user.keyboard("u");
    expect(screen.getByRole("main")).toHaveFocus();
  });

  it.each([
    ["where it was", true],
    ["the page", false],
  ])("does not scroll when it gives the focus back to %s", async (_where, stays) => {
    const user = userEvent.setup();
    const { rerender } = render(page(true));
    screen.getByRole("button", { name: "On the page" }).focus();
    act(() => void showToast("Just done."));
    const toast = screen.getByText("Just done.").parentElement as HTMLElement;
    within(toast).getByRole("button").focus();
    rerender(page(stays));
    const focus = vi.spyOn(HTMLElement.prototype, "focus");
    await user.keyboard("{Enter}");
    expect(focus.mock.calls).toEqual([[{ preventScroll: true }]]);
    focus.mockRestore();
  });

  it("stands in the dialog that is open, where it can be reached, and on the page after it", () => {
    const page = (dialog: boolean) => (
      <>
        <Toasts />
        {dialog && (
          <Modal label="A model" onClose={() => undefined}>
            <p>its facts</p>
          </Modal>
        )}
      </>
    );
    const { rerender } = render(page(true));
    act(() => void showToast("It is being retrained.", { tone: "problem" }));
    const dialog = screen.getByRole("dialog", { name: "A model" });
    expect(within(dialog).getByText("It is being retrained.")).toBeVisible();
    rerender(page(false));
    expect(screen.getByText("It is being retrained.")).toBeVisible();
  });
});
