import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { formatDateTime } from "@/lib/format";
import { setPreferences } from "@/lib/preferences";
import { at, NOW } from "@/testing/factories";
import { nearest } from "./chart-model";
import { TimeChart } from "./time-chart";

const points = [10, 20, 30, 40].map((value, index) => ({
  timestamp: at(index * 15 - 60),
  value,
  prediction: "Normal" as const,
}));
const secondsOf = (index: number) => (NOW + (index * 15 - 60) * 1_000) / 1_000;

function chart(handlers: Partial<Parameters<typeof TimeChart>[0]>) {
  render(
    <TimeChart
      title="CPU of a"
      unit="percent"
      points={points}
      expected={null}
      thresholds={{ high: null, critical: null }}
      spans={[]}
      {...handlers}
    />,
  );
  return userEvent.setup();
}

describe("a chart by keyboard", () => {
  it("goes from reading to reading and picks one", async () => {
    const onPick = vi.fn();
    const user = chart({ onPick });
    const slider = screen.getByRole("slider");
    slider.focus();
    await user.keyboard("{Home}{ArrowRight}");
    expect(slider).toHaveAttribute("aria-valuetext", expect.stringContaining("20%"));
    await user.keyboard("{Enter}");
    expect(onPick).toHaveBeenCalledWith(secondsOf(1));
  });

  it("marks a span with Shift", async () => {
    const onSelect = vi.fn();
    const user = chart({ onSelect });
    screen.getByRole("slider").focus();
    await user.keyboard("{End}{Shift>}{ArrowLeft}{ArrowLeft}{/Shift}{Enter}");
    expect(onSelect).toHaveBeenCalledWith(secondsOf(1), secondsOf(3));
  });

  it("is a picture where nothing can be picked, with its numbers behind it", async () => {
    const user = chart({});
    expect(screen.getByRole("img", { name: /CPU of a: 4 readings, newest 40%/ })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show as a table" }));
    expect(screen.getAllByRole("row")).toHaveLength(5);
    expect(screen.getAllByRole("row")[1]).toHaveTextContent("40");
  });

  it("shows its numbers as the page writes them, in the zone chosen", async () => {
    const value = 3284.146086717945;
    const expected = { low: 20, high: 54 };
    const one = points.slice(0, 1).map((point) => ({ ...point, value }));
    const user = chart({ unit: "milliseconds", points: one, expected });
    await user.click(screen.getByRole("button", { name: "Show as a table" }));
    for (const zone of ["utc", "local"] as const) {
      act(() => setPreferences({ zone }));
      expect(screen.getAllByRole("cell").map((cell) => cell.textContent)).toEqual([
        formatDateTime(at(-60), zone),
        "3,284 ms",
        "20 ms",
        "54 ms",
      ]);
    }
  });
});

it("finds the nearest reading", () => {
  expect(nearest([], 5)).toBe(-1);
  expect([0, 14, 16, 999].map((time) => nearest([10, 20, 30], time))).toEqual([0, 0, 1, 2]);
});
