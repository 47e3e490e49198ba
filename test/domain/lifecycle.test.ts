import { describe, expect, it } from "vitest";
import {
  type CommandStatus,
  commandIdentity,
  END_STATUSES,
  isEnded,
  PRIOR_STATUSES,
  CommandStatus as Status,
  standingFaults,
} from "../../shared/domain/command.ts";
import { aCommand, at } from "../builders.ts";

const STATUSES = Status.options;

/** Every status that can be reached from `from` by one or more steps. */
function reachable(from: CommandStatus): Set<CommandStatus> {
  const found = new Set<CommandStatus>();
  const waiting = [from];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const to of STATUSES) {
      if (!PRIOR_STATUSES[to].includes(next) || found.has(to)) continue;
      found.add(to);
      waiting.push(to);
    }
  }
  return found;
}

describe("the lifecycle of a command", () => {
  it.each(END_STATUSES)("has no way back from %s", (end) => {
    expect([...reachable(end)]).toEqual([]);
  });

  it("ends exactly where nothing follows", () => {
    const ends = STATUSES.filter((status) => reachable(status).size === 0);
    expect(new Set(END_STATUSES)).toEqual(new Set(ends));
    expect(STATUSES.filter(isEnded)).toEqual(STATUSES.filter((status) => ends.includes(status)));
  });

  it("reaches every status from issued, and an end from every status", () => {
    expect(new Set([...reachable("issued"), "issued"])).toEqual(new Set(STATUSES));
    for (const status of STATUSES.filter((one) => !isEnded(one))) {
      expect([...reachable(status)].some(isEnded), status).toBe(true);
    }
  });

  it("follows no status with itself", () => {
    for (const status of STATUSES) expect(PRIOR_STATUSES[status]).not.toContain(status);
  });

  it("goes back to issued only through unknown: after the device was read back", () => {
    expect(PRIOR_STATUSES.issued).toEqual(["unknown"]);
    expect(reachable("accepted").has("issued")).toBe(false);
  });

  it("is confirmed or missed only after the vendor may have acted", () => {
    for (const verdict of ["confirmed", "missed"] as const) {
      expect(PRIOR_STATUSES[verdict]).toEqual(["accepted", "unknown"]);
    }
  });

  it("expires or is rejected only before anything was taken", () => {
    for (const end of ["expired", "rejected"] as const) expect(PRIOR_STATUSES[end]).toEqual(["issued", "sending"]);
  });
});

describe("the identity of a command", () => {
  const start = at("2026-11-21T02:00Z");

  it("is the same for the same intent", () => {
    const action = { kind: "charge.start", currentA: 32 } as const;
    expect(commandIdentity("car-0001", start, action)).toBe(commandIdentity("car-0001", start, { ...action }));
  });

  it("differs by asset, window, action, current and mode", () => {
    const identities = [
      commandIdentity("car-0001", start, { kind: "charge.start", currentA: 32 }),
      commandIdentity("car-0002", start, { kind: "charge.start", currentA: 32 }),
      commandIdentity("car-0001", at("2026-11-21T02:30Z"), { kind: "charge.start", currentA: 32 }),
      commandIdentity("car-0001", start, { kind: "charge.start", currentA: 16 }),
      commandIdentity("car-0001", start, { kind: "charge.stop" }),
      commandIdentity("car-0001", start, { kind: "heat.mode", mode: "boost" }),
      commandIdentity("car-0001", start, { kind: "heat.mode", mode: "normal" }),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });
});

describe("the faults that commands left behind", () => {
  const issued = (hour: number, changes: Parameters<typeof aCommand>[0]) =>
    aCommand({ commandId: `command-${hour}`, issuedAt: at(`2026-11-21T0${hour}:00Z`), ...changes });
  const rejected = (hour: number) => issued(hour, { status: "rejected", faultClass: "customer-must-act" });
  const missed = (hour: number) => issued(hour, { status: "missed", faultClass: "transient" });
  const confirmed = (hour: number) => issued(hour, { status: "confirmed" });
  it.each<[string, ReturnType<typeof aCommand>[], string[]]>([
    ["of none are none", [], []],
    ["stand until a later one is proved", [rejected(1), missed(2)], ["transient", "customer-must-act"]],
    ["are over when it is", [rejected(1), missed(2), confirmed(3)], []],
    ["are those since then", [missed(1), confirmed(2), rejected(3)], ["customer-must-act"]],
    ["are each told of once", [missed(1), missed(2)], ["transient"]],
    ["are not over by a vendor's yes", [rejected(1), issued(2, { status: "accepted" })], ["customer-must-act"]],
    ["can be told before the end", [issued(1, { status: "issued", toldFault: "device-offline" })], ["device-offline"]],
    [
      "are not those that were seen to be over",
      [rejected(1), { ...missed(2), faultOverAt: at("2026-11-21T04:00Z") }],
      ["customer-must-act"],
    ],
    [
      "are not a dead login, which looks meet too",
      [issued(1, { status: "rejected", faultClass: "credentials-revoked" })],
      [],
    ],
    ["are not those of an expired one", [issued(1, { status: "expired", faultClass: "transient" })], []],
  ])("%s", (_, recent, faults) => {
    expect(standingFaults(recent)).toEqual(faults);
    expect(standingFaults(recent.toReversed())).toEqual(faults);
  });
});
