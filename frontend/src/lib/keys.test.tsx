import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { printedKeys, type Shortcut, useRegisteredShortcuts, useShortcuts } from "./keys";
import { setPreferences } from "./preferences";

function Page({ shortcuts }: { shortcuts: Shortcut[] }) {
  useShortcuts("A page", shortcuts);
  const listed = useRegisteredShortcuts().flatMap((group) => group.shortcuts.map(({ does }) => does));
  return (
    <>
      <input aria-label="box" />
      <button type="button">press</button>
      <p>listed: {listed.join(", ")}</p>
    </>
  );
}

const page = (keys: string) => {
  const run = vi.fn();
  render(<Page shortcuts={[{ keys, does: "Something", run }]} />);
  return { run, user: userEvent.setup() };
};

describe("keys", () => {
  it("act where they are registered, and are listed", async () => {
    const { run, user } = page("r");
    expect(screen.getByText("listed: Something")).toBeVisible();
    await user.keyboard("r");
    expect(run).toHaveBeenCalledOnce();
  });

  it("belong to the box while someone types, unless Ctrl is held", async () => {
    const { run, user } = page("r");
    await user.click(screen.getByLabelText("box"));
    await user.keyboard("r");
    expect(run).not.toHaveBeenCalled();
    const chord = page("$mod+k");
    await user.keyboard("{Control>}k{/Control}");
    expect(chord.run).toHaveBeenCalledOnce();
  });

  it("leave Enter to the button that has the focus", async () => {
    const { run, user } = page("Enter");
    screen.getByRole("button").focus();
    await user.keyboard("{Enter}");
    expect(run).not.toHaveBeenCalled();
  });

  it("can be switched off, those of characters; Escape and Ctrl stay", async () => {
    const { user, ...letter } = page("r");
    const [capital, two, escaped, held] = ["Shift+R", "g n", "Escape", "$mod+k"].map(
      (keys) => page(keys).run,
    );
    act(() => setPreferences({ keys: false }));
    await user.keyboard("r{Shift>}R{/Shift}gn{Escape}{Control>}k{/Control}");
    act(() => setPreferences({ keys: true }));
    for (const run of [letter.run, capital, two]) expect(run).not.toHaveBeenCalled();
    for (const run of [escaped, held]) expect(run).toHaveBeenCalledOnce();
  });

  it("leave capitals to the box someone types in", async () => {
    const { run, user } = page("Shift+R");
    await user.type(screen.getByLabelText("box"), "{Shift>}R{/Shift}");
    expect(run).not.toHaveBeenCalled();
    expect(screen.getByLabelText("box")).toHaveValue("R");
  });

  it("are found with and without Shift when they are signs", async () => {
    const { run, user } = page("?");
    await user.keyboard("?");
    await user.keyboard("{Shift>}?{/Shift}");
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("are printed as a keyboard has them", () => {
    expect(printedKeys("g n")).toEqual([["G"], ["N"]]);
    expect(printedKeys("Escape")).toEqual([["Esc"]]);
  });
});
