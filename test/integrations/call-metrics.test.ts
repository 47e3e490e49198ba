import { describe, expect, it } from "vitest";
import { FaultClass } from "../../shared/domain/fault.ts";
import { countCost, countLooks } from "../../shared/integration/call-metrics.ts";
import { fakeMeter } from "../fakes/meter.ts";

function counted(said: FaultClass, found = said, loginWaits = false) {
  const meter = fakeMeter();
  countLooks([{ accountId: "a", said, found, loginWaits }], meter);
  return [...meter.counts.keys()].filter((name) => name !== "looks" && name !== "logins_used");
}

describe("looks of a batch", () => {
  it("are counted, and the logins that they went through, once each", () => {
    const meter = fakeMeter();
    const look = { said: undefined, found: null };
    countLooks(
      ["a", "b", "a"].map((accountId) => ({ accountId, ...look })),
      meter,
    );
    expect(meter.counts).toEqual(
      new Map([
        ["looks", 3],
        ["logins_used", 2],
      ]),
    );
  });

  it("of none are told to be none", () => {
    const meter = fakeMeter();
    countLooks([], meter);
    expect(meter.counts).toEqual(
      new Map([
        ["looks", 0],
        ["logins_used", 0],
      ]),
    );
  });

  it.each<[string, FaultClass[]]>([
    ["looks_failed_vendor", ["transient", "vendor-outage", "rate-limited"]],
    ["looks_failed_ours", ["our-fault", "our-configuration", "api-retired"]],
    ["readings_quarantined", ["malformed-message"]],
  ])("that failed for %s count there, once, and for a customer or a device nowhere", (name, faults) => {
    for (const fault of FaultClass.options)
      expect(counted(fault).includes(name as never), fault).toBe(faults.includes(fault));
    for (const fault of faults) expect(counted(fault)).toHaveLength(1);
  });

  it("are nobody's while a login waits to be renewed, until that is an outage", () => {
    expect(counted("transient", "transient", true)).toEqual([]);
    expect(counted("transient", "vendor-outage", true)).toEqual(["looks_failed_vendor"]);
    expect(counted("transient", "our-configuration", true)).toEqual(["looks_failed_ours"]);
  });

  it("are the vendor's in an outage, whatever its gateways say", () => {
    expect(counted("malformed-message", "vendor-outage")).toEqual(["looks_failed_vendor"]);
    expect(counted("credentials-revoked", "our-configuration")).toEqual(["looks_failed_ours"]);
  });
});

describe("a call", () => {
  const free = { state: 0, data: 0, command: 0, wake: 0 };

  it("counts its price, and nothing where the vendor has none", () => {
    const meter = fakeMeter();
    countCost({ priceUsd: free }, "data", meter);
    expect(meter.sent).toEqual([]);
    for (const kind of ["state", "command", "command"] as const)
      countCost({ priceUsd: { ...free, command: 0.001 } }, kind, meter);
    expect(meter.counts.get("vendor_cost_usd")).toBeCloseTo(0.002, 12);
    expect(meter.sent).toHaveLength(3);
  });
});
