import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useSavedViews } from "./saved-views";

describe("saved views", () => {
  it("are kept by name, per page", () => {
    const { result } = renderHook(() => useSavedViews("page-a"));
    act(() => void result.current.save(" Mine ", "status=OPEN"));
    act(() => void result.current.save("Mine", "status=RESOLVED"));
    expect(result.current.views).toEqual([{ name: "Mine", search: "status=RESOLVED" }]);
    expect(renderHook(() => useSavedViews("page-b")).result.current.views).toEqual([]);
    act(() => result.current.remove("Mine"));
    expect(result.current.views).toEqual([]);
  });

  it("take nothing from a storage that holds something else", () => {
    localStorage.setItem("canopy.views.page-c", '[{"name":3},"x",null]');
    expect(renderHook(() => useSavedViews("page-c")).result.current.views).toEqual([]);
    localStorage.setItem("canopy.views.page-d", "{");
    expect(renderHook(() => useSavedViews("page-d")).result.current.views).toEqual([]);
  });
});
