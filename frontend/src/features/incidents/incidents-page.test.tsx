import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { incidentListOf, incidentOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, hang, refuse, server } from "@/testing/server";

/** Remembers what the list was asked for. */
function listen(items = [incidentOf(7)]) {
  const asked: URLSearchParams[] = [];
  server.use(
    answer("get", "/incidents", (request) => {
      asked.push(new URL(request.url).searchParams);
      return incidentListOf(items);
    }),
  );
  return asked;
}

describe("the incident list", () => {
  it("asks the server for what the address says", async () => {
    const asked = listen();
    renderApp("/incidents?service=a%2Fb&severity=High&severity=Critical&status=OPEN&q=slow&sort=-opened_at");
    await screen.findByText("1 incident that fit", { exact: false });
    const last = asked.at(-1);
    expect(last?.getAll("service")).toEqual(["a/b"]);
    expect(last?.getAll("severity")).toEqual(["Critical", "High"]);
    expect(last?.get("q")).toBe("slow");
    expect(last?.get("sort")).toBe("-opened_at");
    expect(screen.getByLabelText("Service")).toHaveValue("a/b");
  });

  it("puts filters into the address", async () => {
    listen();
    const { user, address } = renderApp("/incidents");
    await screen.findByText("1 incident");
    await user.click(screen.getByRole("button", { name: "Critical" }));
    await user.click(screen.getByRole("button", { name: "Open" }));
    await user.selectOptions(screen.getByLabelText("Sort"), "service");
    await user.type(screen.getByLabelText("Text"), "pool");
    await waitFor(() =>
      expect(address()).toBe("/incidents?severity=Critical&status=OPEN&sort=service&q=pool"),
    );
    expect(screen.getByRole("button", { name: "Critical" })).toHaveAttribute("aria-pressed", "true");
  });

  it("tells an empty list from one that nothing fits", async () => {
    listen([]);
    const { user } = renderApp("/incidents?q=nothing");
    expect(await screen.findByText("No incident fits these filters")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show all incidents" }));
    expect(await screen.findByText("No incident has been opened yet")).toBeVisible();
    expect(screen.getByText(/Checked at \d\d:\d\d:\d\d, watching 1 service/)).toBeVisible();
  });

  it("has a loading and an error state", async () => {
    server.use(hang("/incidents"));
    renderApp("/incidents");
    expect(await screen.findByRole("status", { name: "Loading incidents" })).toBeVisible();
  });

  it("gives the cause of an error", async () => {
    server.use(refuse("get", "/incidents", 422, "cursor: not one of ours"));
    renderApp("/incidents");
    expect(await screen.findByText("cursor: not one of ours")).toBeVisible();
  });
});
