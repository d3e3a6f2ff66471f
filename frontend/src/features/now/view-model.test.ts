import { describe, expect, it } from "vitest";
import type { Overview } from "@/lib/api/types";
import { at, metricOf, NOW, overviewOf, serviceOf } from "@/testing/factories";
import { keepOrder } from "./stable-order";
import { coverageOf, filterServices, learnsInPart, sentence, standingOf, warmingUpText } from "./view-model";

const words = (overview: Overview) =>
  sentence(coverageOf(overview).watched)
    .map(({ kind, count }) => `${count} ${kind}`)
    .join(", ");

describe("Now in one sentence", () => {
  it("counts services by severity", () => {
    const services = [
      serviceOf("a", { severity: "Critical" }),
      serviceOf("b", { severity: "High" }),
      serviceOf("c"),
    ];
    expect(words(overviewOf(services))).toBe("1 critical, 1 high, 1 normal");
  });

  it("never counts a blind service as normal", () => {
    expect(words(overviewOf([serviceOf("a", { blind: true }), serviceOf("b")]))).toBe(
      "0 critical, 0 high, 1 normal, 1 blind",
    );
  });
});

describe("how a service is doing", () => {
  const learning = metricOf({ state: "no_model", prediction: "Unknown" });
  const stale = metricOf({ state: "stale", prediction: "Unknown", value: null });

  it("is not known before it has a model, even when its thresholds are kept", () => {
    expect(standingOf(serviceOf("a", { metrics: { lat: learning } }))).toBe("learning");
    expect(words(overviewOf([serviceOf("a", { metrics: { lat: learning } })]))).toBe(
      "0 critical, 0 high, 0 normal, 1 learning",
    );
  });

  it("is not normal while one metric learns, and says that others are watched", () => {
    const partly = serviceOf("a", { metrics: { lat: learning, cpu: metricOf() } });
    expect([standingOf(partly), learnsInPart(partly)]).toEqual(["learning", true]);
    expect(learnsInPart(serviceOf("a", { metrics: { lat: learning } }))).toBe(false);
  });

  it("is known from a scored metric, and from a threshold without any", () => {
    expect(standingOf(serviceOf("a", { metrics: { lat: stale, cpu: metricOf() } }))).toBe("normal");
    expect(standingOf(serviceOf("a", { severity: "High", metrics: { lat: learning } }))).toBe("high");
  });

  it("is blind when nothing could be read", () => {
    expect(standingOf(serviceOf("a", { metrics: { lat: stale } }))).toBe("blind");
    expect(standingOf(serviceOf("a", { metrics: {} }))).toBe("blind");
  });
});

describe("services that have none of the metrics", () => {
  const none = metricOf({ state: "stale", prediction: "Unknown", value: null, event_ts: null });
  const gone = metricOf({ state: "stale", prediction: "Unknown", value: null });
  const kubelet = serviceOf("kubelet", { blind: true, metrics: { cpu: none, lat: none } });
  const uncovered = (...services: ReturnType<typeof serviceOf>[]) =>
    coverageOf(overviewOf(services)).uncovered.map((each) => each.service);

  it("are neither watched nor counted", () => {
    expect(uncovered(serviceOf("a"), kubelet)).toEqual(["kubelet"]);
    expect(words(overviewOf([serviceOf("a"), kubelet]))).toBe("0 critical, 0 high, 1 normal");
  });

  it("are not those that had one, that fail, or that have an open incident", () => {
    const was = serviceOf("was", { blind: true, metrics: { cpu: none, lat: gone } });
    const failed = serviceOf("failed", {
      blind: true,
      metrics: { lat: metricOf({ state: "failed", value: null, event_ts: null }) },
    });
    const open = serviceOf("open", { blind: true, open_incidents: 1, metrics: { cpu: none } });
    expect(uncovered(serviceOf("a"), was, failed, open)).toEqual([]);
  });

  it("stay blind when no service has any: then the metrics are wrong, not the services", () => {
    expect(uncovered(kubelet)).toEqual([]);
    expect(words(overviewOf([kubelet]))).toBe("0 critical, 0 high, 0 normal, 1 blind");
  });
});

describe("the warming-up banner", () => {
  const warming = { pairs: 4, have: 31, need: 50 };

  it("says have, need and when", () => {
    expect(warmingUpText({ ...warming, eta: at(120) }, NOW, "utc")).toBe(
      "Models are learning: 31 of 50 samples, ready at 14:04 UTC (in 2 min)",
    );
  });

  it("does not promise a time it does not know or that has passed", () => {
    expect(warmingUpText({ ...warming, eta: null }, NOW, "utc")).toMatch(/not known yet$/);
    expect(warmingUpText({ ...warming, eta: at(-5) }, NOW, "utc")).toMatch(/ready any moment$/);
  });
});

describe("the search", () => {
  const services = [
    serviceOf("payment-service", { severity: "Critical" }),
    serviceOf("order-service"),
    serviceOf("Ledger", { blind: true }),
  ];
  const found = (text: string, shown: Parameters<typeof filterServices>[1]["shown"] = null) =>
    filterServices(services, { text, shown }).map((service) => service.service);

  it("wants every word, in any case", () => {
    expect(found("SERVICE pay")).toEqual(["payment-service"]);
    expect(found("  ")).toHaveLength(3);
    expect(found("nothing")).toEqual([]);
  });

  it("narrows to one kind", () => {
    expect(found("", "critical")).toEqual(["payment-service"]);
    expect(found("", "blind")).toEqual(["Ledger"]);
    expect(found("", "normal")).toEqual(["order-service"]);
  });
});

describe("the order of cards", () => {
  it("holds still: what is there stays, the new comes last, the gone leaves", () => {
    expect(keepOrder(["a", "b", "c"], ["c", "d", "a"])).toEqual(["a", "c", "d"]);
  });
});
