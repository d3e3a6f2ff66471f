import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { RootBoundary } from "./boundaries";

function Broken(): never {
  throw new TypeError("x is undefined");
}

describe("a screen that cannot be drawn", () => {
  it("says so, why, and how to go on", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const reload = vi.spyOn(globalThis.location, "reload").mockReturnValue();
    render(
      <RootBoundary>
        <Broken />
      </RootBoundary>,
    );
    expect(screen.getByRole("heading", { level: 1, name: "Canopy could not be shown" })).toBeVisible();
    expect(screen.getByRole("alert")).toHaveTextContent(/load it again\. \(x is undefined\)/);
    expect(screen.getByRole("link", { name: "Go to Now" })).toHaveAttribute("href", import.meta.env.BASE_URL);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(reload).toHaveBeenCalledOnce();
  });
});
