import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { catchDownloads } from "@/testing/downloads";
import { renderApp } from "@/testing/render";
import { refuse, server, urlOf } from "@/testing/server";

const SERVICE = "/logs?service=payment-service";

afterEach(() => void vi.restoreAllMocks());

describe("the lines as text", () => {
  it("are those the page shows, and saved whole", async () => {
    let asked = "";
    server.use(
      http.get(urlOf("/logs/export"), ({ request }) => {
        asked = new URL(request.url).search;
        return HttpResponse.text("14:02:11 ERROR payment refused\n");
      }),
    );
    const files = catchDownloads();
    const { user } = renderApp(`${SERVICE}&level=ERROR`);
    await user.click(await screen.findByRole("button", { name: "Text" }));
    await waitFor(() => expect(files).toHaveLength(1));
    expect(files[0]?.name).toBe("logs.txt");
    expect(await files[0]?.blob.text()).toBe("14:02:11 ERROR payment refused\n");
    expect(asked).toMatch(/^\?start=.*&service=payment-service&level=ERROR$/);
    expect(await screen.findByRole("button", { name: "Text" })).toHaveFocus();
  });

  it("say how much has come, and can be stopped", async () => {
    let given = false;
    server.use(
      http.get(urlOf("/logs/export"), ({ request }) => {
        request.signal.addEventListener("abort", () => {
          given = true;
        });
        const body = new ReadableStream({
          start: (stream) => stream.enqueue(new TextEncoder().encode("x".repeat(2_048))),
        });
        return new HttpResponse(body);
      }),
    );
    const files = catchDownloads();
    const { user } = renderApp(SERVICE);
    await user.click(await screen.findByRole("button", { name: "Text" }));
    expect(await screen.findByText("2.00 KiB read")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("button", { name: "Text" })).toBeVisible();
    await waitFor(() => expect(given).toBe(true));
    expect(screen.queryByText(/was not exported/)).toBeNull();
    expect(files).toEqual([]);
  });

  it("say why there are none", async () => {
    server.use(refuse("get", "/logs/export", 503, "the log database is locked"));
    const files = catchDownloads();
    const { user } = renderApp(SERVICE);
    await user.click(await screen.findByRole("button", { name: "Text" }));
    expect(await screen.findByText("The text was not exported. the log database is locked")).toBeVisible();
    expect(files).toEqual([]);
  });
});
