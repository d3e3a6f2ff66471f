import { describe, expect, it } from "vitest";
import { at } from "@/testing/factories";
import { histogramOf, rowOf, templateOf } from "@/testing/range-factories";
import { heard, KEPT, type TailState } from "./live-tail";
import {
  bars,
  barTotal,
  describeSource,
  histogramSummary,
  lineText,
  logsAsked,
  metricsPath,
  newsWord,
} from "./view-model";

const asked = (text: string) => logsAsked(new URLSearchParams(text));

describe("what is asked", () => {
  it("has defaults, and leaves out what says nothing", () => {
    expect(asked("service=a&service=a&event_ts=yesterday&level=LOUD&view=upside-down&last=x")).toEqual({
      service: ["a"],
      range: { kind: "last", milliseconds: 3_600_000 },
      level: [],
      q: "",
      template: "",
      view: "lines",
      around: null,
    });
  });

  it("is around an event where the address names one", () => {
    expect(asked("service=a&event_ts=2026-11-21T14:02:11Z&before=5m").around).toMatchObject({
      eventTs: "2026-11-21T14:02:11Z",
      before: "5m",
      after: "30s",
    });
  });
});

describe("words", () => {
  it("are there for each source", () => {
    const source = { path: "a.log", detail: "permission denied", lines: 3 };
    expect(describeSource({ ...source, state: "reading", detail: "" })).toBe("a.log: 3 lines read");
    expect(describeSource({ ...source, state: "failed" })).toBe("a.log cannot be read: permission denied");
    expect(describeSource({ ...source, state: "missing", detail: "" })).toBe("a.log is missing");
  });

  it("name news, and nothing else", () => {
    expect(newsWord(templateOf())).toBe("New");
    expect(newsWord(templateOf({ new: false, news: 0.6 }))).toBe("More");
    expect(newsWord(templateOf({ new: true, news: 0 }))).toBe("");
  });

  it("put a line as a file has it, its stack trace below", () => {
    expect(lineText(rowOf(100, { trace_id: "t1", stack_trace: "a.B\n\tat c\n" }))).toBe(
      `${at(0)} INFO payment-service shop.payment.PaymentController t1 payment 100 accepted\na.B\n\tat c`,
    );
  });

  it("lead to the metrics at a line's time, for any service", () => {
    expect(metricsPath({ service: "a?b", timestamp: at(0) })).toMatch(
      /^\/services\/a%3Fb\?from=.*&to=.*&at=/,
    );
    expect(metricsPath({ service: "..", timestamp: at(0) })).toMatch(/^\/services\/_\?name=..&from=/);
  });
});

describe("lines over time", () => {
  it("are a bar a stretch, of the levels shown", () => {
    const all = bars(histogramOf(), []);
    expect(all.map(barTotal)).toEqual([4, 0, 8]);
    expect(all[2]?.counts).toEqual({ bad: 2, warn: 0, calm: 6 });
    expect(bars(histogramOf(), ["ERROR"]).map(barTotal)).toEqual([0, 0, 2]);
  });

  it("are put in words", () => {
    expect(histogramSummary(histogramOf())).toBe("Lines over time: 12 lines: 2 ERROR, 10 INFO");
    expect(histogramSummary(histogramOf({ total: 0, levels: {} }))).toBe("Lines over time: 0 lines");
  });
});

describe("the live tail", () => {
  const empty: TailState = { rows: [], dropped: 0, heardAt: null, error: null };

  it("keeps the newest lines first and no more than it may", () => {
    const flood = Array.from({ length: 500 }, (_, index) => rowOf(index));
    let state = empty;
    for (let second = 0; second < 10; second++) {
      const rows = flood.map((row) => ({ ...row, id: row.id + second * 500 }));
      state = heard(state, { kind: "lines", rows, dropped: 9_500, at: second });
    }
    expect(state.rows).toHaveLength(KEPT);
    expect([state.rows[0]?.id, state.rows[1]?.id]).toEqual([4_999, 4_998]);
    expect(state.dropped).toBe(95_000);
  });

  it("keeps its lines when the server is gone, and forgets the failure when it is back", () => {
    const some = heard(empty, { kind: "lines", rows: [rowOf(1)], dropped: 0, at: 1 });
    const failed = heard(some, { kind: "failed", error: new Error("gone") });
    expect([failed.rows.length, failed.error?.message]).toEqual([1, "gone"]);
    expect(heard(failed, { kind: "lines", rows: [], dropped: 0, at: 2 })).toEqual({ ...some, heardAt: 2 });
  });
});
