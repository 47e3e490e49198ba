import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import type { Account } from "../../shared/store/accounts.ts";
import {
  aCommand,
  anAsset,
  aPlan,
  aReading,
  fakePlatform,
  missed,
  NOW,
  reached,
  runOps,
  type Stored,
  VIN,
} from "./ops-world.ts";

const LINKED: Account = {
  account: "acme#customer-0001",
  tokens: { wrappedKey: "secret", iv: "secret", tag: "secret", data: "secret" },
  version: 1,
  accessExpiresAt: NOW,
};

async function statusOf(stored: Stored, now: Instant = NOW): Promise<string> {
  const { target } = fakePlatform({ assets: [anAsset()], accounts: [LINKED], ...stored });
  target.connection.now = () => now;
  const { code, out, err } = await runOps(["status", "car-0001"], target);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

describe("ops status", () => {
  it("tells all that is known of a healthy car, and draws its night", async () => {
    const out = await statusOf({
      reading: aReading(),
      reach: reached(),
      plan: aPlan(["15 00:30-01:00", "15 02:00-04:30"]),
      commands: [aCommand({ status: "confirmed", endedAt: NOW })],
    });
    expect(out).toBe(`car-0001 on the local platform
  now         Wed 14 Jan 22:05, Europe/London (UTC+00:00)
  asset       car, acme, fleet main
  account     customer-0001, linked
  battery     60 kWh usable
  supply      7.4 kW (32 A at 230 V, phases: 1)
  wants       80 % by 07:00 each day
  control     agreed Tue 13 Jan 12:00

Reading
  measured    Wed 14 Jan 22:00, 5 min ago
  state       stopped, plugged in, 0.0 kW, 48 % (28.9 kWh)
              the car's own limit is 80 %
  reachable   yes, tried 1 min ago

Plan 3: 20.8 kWh by Thu 15 Jan 07:00, £2.01, 2.6 kg CO2
  made Wed 14 Jan 18:00
  22      00          03          06
  ..........##....##########..........|
  # full power  + less  . off  | ready by
  Thu 15 Jan 00:30-01:00   7.4 kW   3.7 kWh  cheapest
  Thu 15 Jan 02:00-04:30   7.4 kW   3.7 kWh  cheapest

Open command: none
`);
  });

  it("says of an asset that nothing is known of yet just that", async () => {
    const out = await statusOf({ accounts: [] });
    expect(out).toContain("account     customer-0001, not linked");
    expect(out).toContain("state       none yet");
    expect(out).toContain("reachable   not tried yet");
    expect(out).toContain("Plan: none yet");
    expect(out).toContain("Open command: none");
    expect(out).not.toContain("Fault");
  });

  it("calls unknown what the device did not tell, never 0", async () => {
    const unknown = {
      state: null,
      plugged: null,
      powerKw: null,
      socPercent: null,
      storedKwh: null,
      chargeLimitPercent: null,
    };
    const out = await statusOf({ reading: aReading(unknown), reach: reached() });
    expect(out).toContain("state       state unknown, plug unknown, power unknown, charge unknown\n");
  });

  it.each<[what: string, reach: ReturnType<typeof reached>, says: string]>([
    ["a sleeping car", reached({ online: false }), "the vendor says asleep or offline, asked 1 min ago"],
    [
      "one failure",
      reached({ online: null, failures: 1, faultClass: "transient" }),
      "no: the last attempt failed, tried 1 min ago",
    ],
    [
      "failures of an offline car",
      reached({ online: false, failures: 4, faultClass: "device-offline" }),
      "no, offline: the last 4 attempts failed",
    ],
  ])("tells %s", async (_, reach, says) => {
    expect(await statusOf({ reading: aReading(), reach })).toContain(`reachable   ${says}`);
  });

  it("tells the shortfall, the notes, and reasons that are not the cheapest", async () => {
    const [window] = aPlan(["14 22:00-23:59"]).windows;
    if (!window) throw new Error("no window");
    const out = await statusOf({
      plan: aPlan([], {
        windows: [{ ...window, reason: "impossible-target", priceEstimated: true }],
        shortfallKwh: 9.26,
        shortfallPercent: 42,
        costPence: null,
        carbonGrams: null,
        notes: ["prices after 23:00 are yesterday's, because today's are not published yet and the night has to go on"],
      }),
    });
    expect(out).toContain("cost unknown, CO2 unknown");
    expect(out).toContain("SHORT by 9.3 kWh (42 %): not to be had in time");
    expect(out).toMatch(/target out of reach, full power,\n {45}price estimated/);
    expect(out).toContain("  note: prices after 23:00 are yesterday's");
  });

  it("draws nothing of a plan that is over", async () => {
    const out = await statusOf({ plan: aPlan(["15 00:30-01:00"]) }, parseInstant("2026-01-15T09:00:00Z"));
    expect(out).toContain("its time is over\n  windows that have passed: 1\n");
    expect(out).not.toContain("|");
  });

  it("gives each time its UTC offset in the night the clocks go back", async () => {
    const now = parseInstant("2026-10-24T22:00:00Z");
    const plan = aPlan([], { madeAt: now, readyBy: parseInstant("2026-10-25T07:00:00Z") });
    const window = (from: string, to: string) => ({
      startsAt: parseInstant(`2026-10-25T${from}:00Z`),
      endsAt: parseInstant(`2026-10-25T${to}:00Z`),
      powerKw: 3.68,
      energyKwh: 1.8,
      reason: "cheapest" as const,
      priceEstimated: false,
    });
    const out = await statusOf(
      { plan: { ...plan, windows: [window("00:30", "01:30"), window("03:00", "03:30")] } },
      now,
    );
    expect(out).toContain("now         Sat 24 Oct 23:00, Europe/London (UTC+01:00)");
    expect(out).toContain("Sun 25 Oct 01:30-01:30+00:00 ");
    expect(out).toContain("Sun 25 Oct 03:00+00:00-03:30+00:00 ");
    expect(out).toContain("  23  00              03          06\n  ..........++++......++..............|\n");
  });

  it("shows every open command and when it is judged", async () => {
    const out = await statusOf({
      commands: [aCommand({ evidence: "no answer" }), aCommand({ status: "withdrawn", endedAt: NOW })],
    });
    expect(out).toContain("Open command: start 32 A, accepted");
    expect(out).toContain("issued      Wed 14 Jan 21:55, 10 min ago; attempts: 1");
    expect(out).toContain("so far      no answer");
    expect(out).toContain("judged      by Wed 14 Jan 22:06");
    expect(out.match(/Open command/g)).toHaveLength(1);
  });

  it.each(FaultClass.options)("tells the next step of %s", async (faultClass) => {
    const out = await statusOf({ reach: reached({ failures: 2, faultClass }) });
    const { nextStep, actor } = FAULT_TREATMENT[faultClass];
    expect(out).toContain(`Fault: ${faultClass}\n`);
    expect(out.replace(/\n\s+/g, " ")).toContain(
      `next step ${nextStep} (${actor})`.replace("next step", "next step  "),
    );
  });

  it("takes the fault of the newest verdict, unless a command was confirmed since", async () => {
    const old = missed("customer-must-act", "the cable is not plugged in", plusMs(NOW, -3_600_000));
    expect(await statusOf({ commands: [old] })).toContain("detail      the cable is not plugged in");
    const confirmed = aCommand({ status: "confirmed", endedAt: NOW });
    expect(await statusOf({ commands: [confirmed, old] })).not.toContain("Fault");
    const withdrawn = aCommand({ status: "withdrawn", endedAt: NOW });
    expect(await statusOf({ commands: [withdrawn, old] })).toContain("Fault: customer-must-act");
  });

  it("drops the fault of a verdict when a newer reading shows what was wanted", async () => {
    const commands = [missed("customer-must-act", "the charger offers no power", plusMs(NOW, -3_600_000))];
    const charging = aReading({ state: "charging", powerKw: 7.3 });
    expect(await statusOf({ commands, reading: charging, reach: reached() })).not.toContain("Fault");
    const before = { ...charging, observedAt: plusMs(NOW, -7_200_000) };
    expect(await statusOf({ commands, reading: before, reach: reached() })).toContain("Fault");
    expect(await statusOf({ commands, reading: aReading(), reach: reached() })).toContain("Fault");
  });

  it("puts a revoked login before everything that follows from it", async () => {
    const out = await statusOf({
      accounts: [{ ...LINKED, revokedAt: NOW }],
      reach: reached({ failures: 9, faultClass: "transient" }),
    });
    expect(out).toContain("account     customer-0001, revoked");
    expect(out).toContain("Fault: credentials-revoked");
  });

  it("says when the customer did not agree to be controlled", async () => {
    const asset = anAsset({ consent: { control: false, givenAt: "2026-01-13T12:00:00.000Z" } });
    expect(await statusOf({ assets: [asset] })).toContain("control     NOT agreed: it is only read");
  });

  it("prints no VIN, place or token, no control character, and nothing wider than 80 columns", async () => {
    const loud = missed("our-fault", `the vendor said of ${VIN}: \u001b[2Jno`.padEnd(200, " word"), NOW);
    const stored = { reading: aReading(), reach: reached(), plan: aPlan(["15 00:30-01:00"]), commands: [loud] };
    const out = await statusOf(stored);
    expect(out).toContain("(vendor's id)");
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const { target } = fakePlatform({ assets: [anAsset()], accounts: [LINKED], ...stored });
    const json = await runOps(["status", "car-0001", "--json"], target);
    for (const text of [out, json.out]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(text).not.toMatch(/5YJ3E7|Acacia|secret|[\u0000-\u0009\u000b-\u001f]/);
    }
  });

  it("gives scripts the same as JSON", async () => {
    const plan = aPlan(["15 00:30-01:00"]);
    const { target } = fakePlatform({ assets: [anAsset()], reading: aReading(), reach: reached(), plan });
    const { out } = await runOps(["status", "car-0001", "--json"], target);
    expect(JSON.parse(out)).toMatchObject({
      target: "the local platform",
      at: NOW,
      asset: { assetId: "car-0001", timeZone: "Europe/London" },
      account: "not linked",
      reading: { socPercent: 48, ageSeconds: 300 },
      reachability: { online: true },
      plan: { version: 3 },
      openCommands: [],
      fault: null,
    });
  });

  it.each([
    ["an asset that is not there", "car-0009", "There is no asset car-0009 on the local platform. Enrol it with:"],
    ["an id that cannot be one", "Car 9", "An assetId is lower-case letters, digits and dashes"],
  ])("refuses %s", async (_, assetId, says) => {
    for (const command of ["status", "commands"]) {
      const { code, err } = await runOps([command, assetId], fakePlatform().target);
      expect(code).toBe(2);
      expect(err).toContain(says);
    }
  });
});
