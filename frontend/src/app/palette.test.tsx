import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { getPreferences, setPreferences } from "@/lib/preferences";
import { incidentListOf, incidentOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, server, unreachable, urlOf } from "@/testing/server";
import { best, incidentNumber } from "./palette-items";

describe("what the palette finds", () => {
  const names = ["payment-service", "repayments", "order-service", "pay"];
  const found = (text: string) => best(names, (name) => name, text, 3);

  it("puts the start of a word before its middle, short before long", () => {
    expect(found("pay")).toEqual(["pay", "payment-service", "repayments"]);
  });

  it("wants every word, in any order and case", () => {
    expect(found("SERVICE pay")).toEqual(["payment-service"]);
    expect(found("nothing")).toEqual([]);
    expect(found("")).toHaveLength(3);
  });

  it("knows an incident by its number", () => {
    expect([incidentNumber("#240"), incidentNumber(" 7 "), incidentNumber("v7")]).toEqual([240, 7, null]);
  });
});

async function openPalette(path = "/") {
  const app = renderApp(path);
  await app.user.keyboard("{Control>}k{/Control}");
  const dialog = await screen.findByRole("dialog", { name: "Commands" });
  return { ...app, palette: within(dialog) };
}

describe("the palette", () => {
  it("goes to a service by a few letters", async () => {
    const { user, address, palette } = await openPalette();
    await user.type(palette.getByRole("combobox"), "ord");
    expect(await palette.findByRole("option", { name: "order-service" })).toBeVisible();
    expect(palette.queryByRole("option", { name: "payment-service" })).toBeNull();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(address()).toBe("/services/order-service"));
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("finds the rest where an answer has another shape, and says what is missing", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    server.use(http.get(urlOf("/services"), () => HttpResponse.json({})));
    const { palette } = await openPalette("/models");
    expect(await palette.findByText(/Services cannot be listed/)).toBeVisible();
    expect(palette.getByRole("option", { name: /Go to Incidents/ })).toBeVisible();
    expect(screen.getByRole("link", { name: /Incidents/, hidden: true })).toBeInTheDocument();
  });

  it("searches incidents on the server", async () => {
    let asked = "";
    server.use(
      answer("get", "/incidents", (request) => {
        asked = new URL(request.url).searchParams.get("q") ?? asked;
        return incidentListOf([incidentOf(12, { title: "Heap is leaking" })]);
      }),
    );
    const { user, address, palette } = await openPalette("/models");
    await user.type(palette.getByRole("combobox"), "heap");
    await waitFor(() => expect(asked).toBe("heap"));
    await user.click(await palette.findByRole("option", { name: /Heap is leaking/ }));
    await waitFor(() => expect(address()).toBe("/incidents/12"));
  });

  it("does what can be done, with its key beside it", async () => {
    const { user, address, palette } = await openPalette();
    await user.type(palette.getByRole("combobox"), "times utc");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(getPreferences().zone).toBe("utc"));
    act(() => setPreferences({ zone: "local" }));
    await user.click(screen.getByRole("button", { name: "Find or do" }));
    const again = within(await screen.findByRole("dialog", { name: "Commands" }));
    await user.type(again.getByRole("combobox"), "go to logs");
    expect(screen.getByRole("option", { name: /Go to Logs/ })).toHaveTextContent("G then L");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(address()).toBe("/logs"));
  });

  it("works on what it has when the backend is gone", async () => {
    server.use(unreachable("/services"), unreachable("/incidents"));
    const { user, palette } = await openPalette();
    expect(await palette.findByText(/Incidents could not be searched/)).toBeVisible();
    await user.type(palette.getByRole("combobox"), "models");
    expect(palette.getByRole("option", { name: /Go to Models/ })).toBeVisible();
  });
});

describe("the keys", () => {
  it("are listed by ?, and lead to pages", async () => {
    const { user, address } = renderApp("/");
    await user.keyboard("?");
    const help = within(await screen.findByRole("dialog", { name: "Keys" }));
    expect(help.getByText("Go to Incidents")).toBeVisible();
    await user.click(help.getByRole("button", { name: /Close/ }));
    await user.keyboard("gi");
    await waitFor(() => expect(address()).toBe("/incidents"));
  });

  it("of one character are switched off there", async () => {
    const { user, address } = renderApp("/");
    await user.click(screen.getByRole("button", { name: "List the keys" }));
    await user.click(await screen.findByLabelText(/single character/));
    await user.click(screen.getByRole("button", { name: /Close/ }));
    await user.keyboard("gi");
    expect(address()).toBe("/");
    act(() => setPreferences({ keys: true }));
  });
});
