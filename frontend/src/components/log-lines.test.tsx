import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { lineOf } from "@/testing/factories";
import { LogLines } from "./log-lines";

describe("log lines", () => {
  it("show markup from a log as text", () => {
    render(<LogLines label="Lines" lines={[lineOf(0, { message: "<img src=x onerror=alert(1)>" })]} />);
    expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
    expect(document.querySelector("img")).toBeNull();
  });

  it("say which line explains the event, why, and how often it was written", () => {
    const lines = [
      lineOf(-2),
      lineOf(-1, {
        level: "ERROR",
        message: "pool exhausted",
        explains: true,
        reason: "new message",
        count: 4,
      }),
    ];
    render(<LogLines label="Lines" lines={lines} />);
    const [plain, marked] = screen.getAllByRole("listitem");
    expect(plain).not.toHaveTextContent("explains");
    expect(marked).toHaveTextContent("explains: new message");
    expect(marked).toHaveTextContent("pool exhausted × 4");
  });

  it("fold a stack trace under its first line", () => {
    const trace = "java.net.SocketTimeoutException: timeout\n\tat shop.Ledger.save\n\tat shop.Pay.pay\n";
    render(<LogLines label="Lines" lines={[lineOf(0, { stack_trace: trace })]} />);
    const folded = screen.getByRole("group");
    expect(folded).not.toHaveAttribute("open");
    expect(folded.querySelector("summary")).toHaveTextContent("SocketTimeoutException: timeout (3 lines)");
  });
});
