import { describe, expect, it } from "vitest";
import { seededRandom } from "../../local/random.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { type Looks, type Outage, type OutageChange, outageChange } from "../../shared/domain/outage.ts";
import { at } from "../builders.ts";

const START = at("2026-11-20T18:00Z");
const minute = (n: number) => plusMs(START, n * MINUTE_MS);
const customers = (...numbers: number[]) => numbers.map((n) => `customer-${n}`);

/** One batch in a minute: `ok` good looks, and one failed look of each of the named customers. */
function looks(n: number, ok: number, fault?: FaultClass, failedAccounts: string[] = []): Looks {
  return { at: minute(n), ok, faults: fault ? { [fault]: failedAccounts.length } : {}, failedAccounts };
}

/** What is found minute by minute; an outage that began goes on until it ends. */
function story(batches: readonly Looks[], minutes: number): (OutageChange & { minute: number })[] {
  let last: Outage | undefined;
  const changes: (OutageChange & { minute: number })[] = [];
  for (let n = 0; n <= minutes; n++) {
    const found = outageChange(last, batches, minute(n));
    if (!found) continue;
    changes.push({ ...found, minute: n });
    if (found.change === "ended" && last) last = { ...last, endedAt: found.at };
    else if (found.change === "began") {
      const { faultClass, since } = found;
      last = { integration: "acme", faultClass, since, assetsAffected: 0, energyAtRiskKwh: 0 };
    }
  }
  return changes;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe("an outage of a vendor", () => {
  it("begins once several customers' looks all fail, and ends by itself when looks succeed again", () => {
    const batches = [
      ...range(0, 20).map((n) => looks(n, 3)),
      looks(20, 0, "vendor-outage", customers(1, 2, 3)),
      ...range(21, 40).map((n) => looks(n, 0, "transient", customers(n))),
      ...range(40, 80).map((n) => looks(n, 3)),
    ];
    expect(story(batches, 80)).toEqual([
      { change: "began", faultClass: "vendor-outage", since: minute(20), minute: 23 },
      { change: "ended", at: minute(40), minute: 41 },
    ]);
  });

  it("of a part of it is found after it lasted, and is not taken for over while it goes on", () => {
    const batches = range(0, 120).map((n) =>
      n >= 30 && n < 80 ? looks(n, 3, "transient", customers(2 * n, 2 * n + 1)) : looks(n, 5),
    );
    expect(story(batches, 120).map(({ change, minute: n }) => [change, n])).toEqual([
      ["began", expect.toSatisfy((n: number) => n >= 34 && n <= 42)],
      ["ended", expect.toSatisfy((n: number) => n >= 80 && n <= 92)],
    ]);
  });

  it("is not what one customer has, however often it is tried", () => {
    const batches = range(0, 60).map((n) => looks(n, 0, "vendor-outage", customers(1)));
    expect(story(batches, 60)).toEqual([]);
  });

  it("is not one customer without a right and another without an answer, where there are only these two", () => {
    const batches = [
      looks(1, 0, "customer-must-act", customers(1)),
      ...[3, 5, 7, 11].map((n) => looks(n, 0, "transient", customers(2))),
    ];
    expect(story(batches, 20)).toEqual([]);
  });

  it.each<FaultClass>(["device-offline", "rate-limited", "malformed-message", "our-fault"])(
    "is not a fleet of %s: the vendor answers",
    (fault) => {
      const batches = range(0, 60).map((n) => looks(n, 0, fault, customers(n, n + 1, n + 2)));
      expect(story(batches, 60)).toEqual([]);
    },
  );

  it("is not a night in which one look in twenty fails for a moment", () => {
    const random = seededRandom(20);
    const batches = range(0, 1440).map((n) => {
      const failing = range(0, 4).filter(() => random() < 0.05);
      return looks(n, 4 - failing.length, "transient", customers(...failing.map((one) => 4 * (n % 15) + one)));
    });
    expect(story(batches, 1440)).toEqual([]);
  });

  it("of two customers' vendor takes both, and nothing else heard", () => {
    const both = range(0, 10).map((n) => looks(n, 0, "transient", customers(n % 2)));
    expect(story(both, 10)).toMatchObject([{ change: "began" }]);
    expect(story([looks(-3, 1), ...both], 10)).toEqual([]);
  });

  it("is our own client where nobody's login is let in", () => {
    const batches = range(0, 10).map((n) => looks(n, 0, "token-expired", customers(n, n + 100)));
    expect(story(batches, 10)).toMatchObject([{ change: "began", faultClass: "our-configuration", minute: 2 }]);
    const three = range(0, 10).map((n) => looks(n, 0, "credentials-revoked", customers(n % 3)));
    expect(story(three, 10)).toEqual([]);
  });

  it("that is over does not begin again on old evidence, but does on new", () => {
    const down = (from: number) => range(from, from + 10).map((n) => looks(n, 0, "transient", customers(n, -n)));
    const up = (from: number) => range(from, from + 10).map((n) => looks(n, 4));
    expect(story([...down(0), ...up(10), ...down(20), ...up(30)], 60).map(({ change }) => change)).toEqual([
      "began",
      "ended",
      "began",
      "ended",
    ]);
  });

  it("stays when nothing is heard", () => {
    const open: Outage = {
      integration: "acme",
      faultClass: "vendor-outage",
      since: START,
      assetsAffected: 1,
      energyAtRiskKwh: 0,
    };
    expect(outageChange(open, [], plusMs(START, HOUR_MS))).toBeUndefined();
    expect(outageChange(undefined, [], START)).toBeUndefined();
  });
});
