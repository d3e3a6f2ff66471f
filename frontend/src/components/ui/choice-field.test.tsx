import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { ChoiceField } from "./choice-field";

const names = (count: number): [string, string][] =>
  Array.from({ length: count }, (_, index) => [`service-${index}`, `service-${index}`]);

function show(props: Partial<Parameters<typeof ChoiceField>[0]>) {
  const chosen = vi.fn();
  function Page() {
    const [value, setValue] = useState(props.value ?? "");
    const onChange = (next: string) => {
      chosen(next);
      if (!props.adds) setValue(next);
    };
    return (
      <ChoiceField label="Service" options={names(10_000)} {...props} value={value} onChange={onChange} />
    );
  }
  render(<Page />);
  return { user: userEvent.setup(), chosen, field: screen.getByLabelText("Service") };
}

describe("a choice among ten thousand", () => {
  it("is typed, and offers few of what fits", async () => {
    const { user, field } = show({ none: "Any" });
    expect(field).toHaveAttribute("placeholder", "Any");
    await user.type(field, "service-99");
    const offered = [...document.querySelectorAll("option")].map((each) => each.value);
    expect(offered).toHaveLength(50);
    expect(offered.every((each) => each.includes("service-99"))).toBe(true);
  });

  it("takes a name that can be no other at once, one that others contain by Enter or by leaving", async () => {
    const { user, field, chosen } = show({ none: "Any" });
    await user.type(field, "service-9999");
    expect(chosen.mock.calls).toEqual([["service-9999"]]);
    await user.clear(field);
    await user.type(field, "service-1{Enter}");
    await user.type(field, "0");
    await user.tab();
    expect(chosen.mock.calls.flat().slice(1)).toEqual(["", "service-1", "service-10"]);
  });

  it("takes what is picked from the list, whatever else contains it", () => {
    const { field, chosen } = show({ none: "Any" });
    fireEvent.change(field, { target: { value: "service-1" } });
    expect(chosen.mock.calls).toEqual([["service-1"]]);
  });

  it("keeps what was chosen where something always is, and forgets what is no name", async () => {
    const { user, field, chosen } = show({ value: "service-7" });
    await user.clear(field);
    await user.type(field, "nothing");
    await user.tab();
    expect(chosen).not.toHaveBeenCalled();
    expect(field).toHaveValue("service-7");
  });

  it("is free again after each one where they add up", async () => {
    const { user, field, chosen } = show({ none: "Add a service", adds: true });
    await user.type(field, "service-9998");
    expect(field).toHaveValue("");
    await user.type(field, "service-9999");
    expect(chosen.mock.calls).toEqual([["service-9998"], ["service-9999"]]);
  });
});

it("among few is a list, with the one of the address even when it is unknown", async () => {
  const { user, field, chosen } = show({ options: names(3), value: "gone" });
  expect([...document.querySelectorAll("option")].map((each) => each.value)).toEqual([
    "gone",
    "service-0",
    "service-1",
    "service-2",
  ]);
  await user.selectOptions(field, "service-2");
  expect(chosen.mock.calls).toEqual([["service-2"]]);
});
