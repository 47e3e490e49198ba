import { describe, expect, it } from "vitest";
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
const good: Input = { commands: [command], effective: [call], cars: [car], refusals: [], droppedDeliveries: [] };

const READY = "every car that could be ready is ready";
const ENDED = "every command has ended";
const CLASSED = "every missed or rejected command has a fault class";
const ONCE = "no command took effect twice, none without being issued";
const SILENCE = "no call or delivery was lost in silence";

function broken(changes: Partial<Input>): Record<string, string[]> {
  const all = invariants({ ...good, ...changes }).filter((one) => !one.held);
  return Object.fromEntries(all.map(({ name, violations }) => [name, violations]));
}

describe("the promises of a run", () => {
  it("hold for a night in which each command acted once, ended, and the car is ready", () => {
    expect(invariants(good)).toEqual(
      [READY, ENDED, CLASSED, ONCE, SILENCE].map((name) => ({ name, held: true, violations: [] })),
    );
  });

  it("allow a car that could not be ready, and a command that was never sent", () => {
    expect(broken({ cars: [{ ...car, ready: false, couldBeReady: false, missingKwh: 5 }] })).toEqual({});
    expect(broken({ commands: [{ ...command, status: "withdrawn", attempts: 0 }], effective: [] })).toEqual({});
  });

  it.each<[string, Partial<Input>, Record<string, string[]>]>([
    [
      "a car that could be ready is not",
      { cars: [{ ...car, ready: false, missingKwh: 1.234 }] },
      { [READY]: ["car-0001 lacks 1.23 kWh"] },
    ],
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
