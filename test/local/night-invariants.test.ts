import { describe, expect, it } from "vitest";
import type { FaultsNamed } from "../../local/night/faults-named.ts";
import { invariants } from "../../local/night/invariants.ts";
import { aCommand, at } from "../builders.ts";

type Input = Parameters<typeof invariants>[0];

const command = aCommand({
  status: "confirmed",
  attempts: 1,
  issuedAt: at("2026-11-21T02:00Z"),
  endedAt: at("2026-11-21T02:10Z"),
});
const call = { atMs: Date.parse("2026-11-21T02:01Z"), assetId: "car-0001", kind: "charge.start" } as const;
const car = { assetId: "car-0001", ready: true, couldBeReady: true, missingKwh: 0 };
const faults: FaultsNamed = {
  named: 20,
  right: 20,
  rightPercent: 100,
  wronglyCustomerMustAct: 0,
  matrix: [],
  wrong: [],
};
const wrong = {
  at: "2026-11-21T02:00:00.000Z",
  assetId: "car-0001",
  raised: "transient",
  truth: "vendor-outage",
} as const;
const good: Input = {
  commands: [command],
  effective: [call],
  stays: [car],
  actedForByCharger: ["car-0009"],
  comfortBreaches: [],
  overLimits: [],
  overBudgets: [],
  faults,
  refusals: [],
  droppedDeliveries: [],
};

const READY = "every car that could be ready is ready";
const COMFORT = "no heat pump left its comfort band on our account";
const ENDED = "every command has ended";
const CLASSED = "every missed or rejected command has a fault class";
const ONCE = "no command took effect twice, none without being issued";
const ONE_ACTUATOR = "never two actuators on one load";
const NAMED = "faults are named rightly: at least 95 %, none wrongly for the customer";
const LIMITS = "no vendor limit was exceeded";
const BUDGETS = "no money budget was exceeded";
const SILENCE = "no call or delivery was lost in silence";

function broken(changes: Partial<Input>): Record<string, string[]> {
  const all = invariants({ ...good, ...changes }).filter((one) => !one.held);
  return Object.fromEntries(all.map(({ name, violations }) => [name, violations]));
}

describe("the promises of a run", () => {
  it("hold for a night in which each command acted once, ended, and the car is ready", () => {
    expect(invariants(good)).toEqual(
      [READY, COMFORT, ENDED, CLASSED, ONCE, ONE_ACTUATOR, NAMED, LIMITS, BUDGETS, SILENCE].map((name) => ({
        name,
        held: true,
        violations: [],
      })),
    );
  });

  it("allow one wrong name in twenty, and a night in which nothing was named", () => {
    expect(broken({ faults: { ...faults, right: 19, rightPercent: 95, wrong: [wrong] } })).toEqual({});
    expect(broken({ faults: { ...faults, named: 0, right: 0, rightPercent: null } })).toEqual({});
  });

  it("allow a car that could not be ready, and a command that was never sent", () => {
    expect(broken({ stays: [{ ...car, ready: false, couldBeReady: false, missingKwh: 5 }] })).toEqual({});
    expect(broken({ commands: [{ ...command, status: "withdrawn", attempts: 0 }], effective: [] })).toEqual({});
  });

  it.each<[string, Partial<Input>, Record<string, string[]>]>([
    [
      "a car that could be ready is not",
      { stays: [{ ...car, ready: false, missingKwh: 1.234 }] },
      { [READY]: ["car-0001 lacks 1.23 kWh"] },
    ],
    [
      "a charger's car that could be ready is not",
      { stays: [car, { ...car, assetId: "charger-0001", ready: false, missingKwh: 2 }] },
      { [READY]: ["charger-0001 lacks 2.00 kWh"] },
    ],
    [
      "a house got cold because of us",
      { comfortBreaches: [{ atMs: call.atMs, assetId: "pump-0001", detail: "hot water 44.8 °C, at least 45 °C" }] },
      { [COMFORT]: ["pump-0001 at 2026-11-21T02:01:00.000Z: hot water 44.8 °C, at least 45 °C"] },
    ],
    [
      "a car was told beside its charger",
      { actedForByCharger: ["car-0001"] },
      { [ONE_ACTUATOR]: ["car-0001 charge.start at 2026-11-21T02:01:00.000Z"] },
    ],
    [
      "too many faults are named wrongly: then all of those are told",
      { faults: { ...faults, right: 18, rightPercent: 90, wrong: [wrong, { ...wrong, assetId: "car-0002" }] } },
      {
        [NAMED]: [
          "car-0001 at 2026-11-21T02:00:00.000Z: transient, truly vendor-outage",
          "car-0002 at 2026-11-21T02:00:00.000Z: transient, truly vendor-outage",
        ],
      },
    ],
    [
      "one customer is asked to act in vain, however well the others are named",
      { faults: { ...faults, right: 99, rightPercent: 98, wrong: [wrong, { ...wrong, raised: "customer-must-act" }] } },
      { [NAMED]: ["car-0001 at 2026-11-21T02:00:00.000Z: customer-must-act, truly vendor-outage"] },
    ],
    ["a vendor was called too often", { overLimits: ["acme: 3 calls"] }, { [LIMITS]: ["acme: 3 calls"] }],
    ["a vendor was paid too much", { overBudgets: ["acme: $2"] }, { [BUDGETS]: ["acme: $2"] }],
    [
      "a command has not ended",
      { commands: [{ ...command, status: "accepted", endedAt: undefined }] },
      { [ENDED]: [`car-0001 ${command.commandId} is accepted`] },
    ],
    [
      "a missed command has no fault class",
      { commands: [{ ...command, status: "missed" }] },
      { [CLASSED]: [`car-0001 ${command.commandId}`] },
    ],
    [
      "a rejected command has no fault class",
      { commands: [{ ...command, status: "rejected" }] },
      { [CLASSED]: [`car-0001 ${command.commandId}`] },
    ],
    [
      "one command took effect twice",
      { effective: [call, { ...call, atMs: call.atMs + 60_000 }] },
      { [ONCE]: ["car-0001 charge.start at 2026-11-21T02:02:00.000Z"] },
    ],
    [
      "a car was told something that nobody issued",
      { effective: [{ ...call, kind: "charge.stop" }] },
      { [ONCE]: ["car-0001 charge.stop at 2026-11-21T02:01:00.000Z"] },
    ],
    [
      "another car was told",
      { effective: [{ ...call, assetId: "car-0002" }] },
      { [ONCE]: ["car-0002 charge.start at 2026-11-21T02:01:00.000Z"] },
    ],
    [
      "a car was told before the command was issued",
      { effective: [{ ...call, atMs: call.atMs - 120_000 }] },
      { [ONCE]: ["car-0001 charge.start at 2026-11-21T01:59:00.000Z"] },
    ],
    [
      "a car was told after the command had ended",
      { effective: [{ ...call, atMs: call.atMs + 600_000 }] },
      { [ONCE]: ["car-0001 charge.start at 2026-11-21T02:11:00.000Z"] },
    ],
    [
      "a command acted that, by the ledger, was never sent",
      { commands: [{ ...command, attempts: 0 }] },
      { [ONCE]: ["car-0001 charge.start at 2026-11-21T02:01:00.000Z"] },
    ],
    ["the gateway refused a call", { refusals: ["sqs PurgeQueue"] }, { [SILENCE]: ["sqs PurgeQueue"] }],
    [
      "a delivery was dropped",
      { droppedDeliveries: ["rule → queue: denied"] },
      { [SILENCE]: ["rule → queue: denied"] },
    ],
  ])("are broken, by name and place, when %s", (_what, changes, expected) => {
    expect(broken(changes)).toEqual(expected);
  });
});
