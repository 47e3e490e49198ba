import { describe, expect, it } from "vitest";
import { Asset } from "../../shared/domain/asset.ts";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import type { Account } from "../../shared/store/accounts.ts";
import { aHeatReading, aProductionReading } from "../builders.ts";
import {
  aCommand,
  anAsset,
  aPlan,
  aReading,
  chargerInput,
  fakePlatform,
  heatPumpInput,
  missed,
  NOW,
  reached,
  runOps,
  type Stored,
  solarSiteInput,
  VIN,
} from "./ops-world.ts";

const LINKED: Account = {
  account: "acme#customer-0001",
  tokens: { wrappedKey: "secret", iv: "secret", tag: "secret", data: "secret" },
  version: 1,
  accessExpiresAt: NOW,
};

async function statusOf(stored: Stored, now: Instant = NOW): Promise<string> {
  const assets = stored.assets ?? [anAsset()];
  const { target } = fakePlatform({ accounts: [LINKED], ...stored, assets });
  target.connection.now = () => now;
  const { code, out, err } = await runOps(["status", assets[0]?.assetId ?? ""], target);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

describe("ops status", () => {
  it.each([
    [{}, undefined],
    [{ region: "J" }, "  pays        Agile; region J, South East England"],
    [{ tariff: { kind: "flat", pencePerKwh: 24.5 } }, "  pays        24.5 p per kWh"],
    [
      {
        region: "P",
        tariff: {
          kind: "time-of-use",
          rates: [{ from: "00:30", to: "05:30", pencePerKwh: 7.5 }],
          otherwisePencePerKwh: 30,
        },
      },
      "  pays        7.5 p from 00:30 to 05:30, else 30 p per kWh; region P, North\n              Scotland",
    ],
  ])("tells what the site pays where it has terms of its own: %j", async (terms, line) => {
    const out = await statusOf({
      assets: [anAsset({ site: { siteId: "home", timeZone: "Europe/London", ...terms } })],
    });
    if (line === undefined) expect(out).not.toContain("  pays ");
    else expect(out).toContain(`${line}\n`);
  });

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

describe("ops status of what is not a car", () => {
  const observedAt = plusMs(NOW, -120_000);
  const narrow = (out: string) => expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const charger = Asset.parse(chargerInput());
  const heatPump = Asset.parse(heatPumpInput());
  const solarSite = Asset.parse(solarSiteInput());
  const heat = (changes: Parameters<typeof aHeatReading>[0] = {}) =>
    statusOf({ assets: [heatPump], reading: aHeatReading({ observedAt, ...changes }), reach: reached() });
  const sun = (changes: Parameters<typeof aProductionReading>[0] = {}) =>
    statusOf({ assets: [solarSite], reading: aProductionReading({ observedAt, ...changes }), reach: reached() });

  it("tells of a charger the energy of its session, and nothing of a battery", async () => {
    const reading = aReading({
      assetId: "charger-0001",
      state: "charging",
      powerKw: 7.3,
      socPercent: null,
      storedKwh: null,
      sessionKwh: 4.26,
      chargeLimitPercent: null,
    });
    const out = await statusOf({ assets: [charger], accounts: [], reading, reach: reached() });
    expect(out).toBe(`charger-0001 on the local platform
  now         Wed 14 Jan 22:05, Europe/London (UTC+00:00)
  asset       charger, plugs, fleet main
  account     customer-0001, not linked
  supply      7.4 kW (32 A at 230 V, phases: 1)
  wants       12 kWh by 07:00 in each session
  control     agreed Tue 13 Jan 12:00

Reading
  measured    Wed 14 Jan 22:00, 5 min ago
  state       charging, plugged in, 7.3 kW, 4.3 kWh this session
  reachable   yes, tried 1 min ago

Plan: none yet; one is made from the first reading with a car plugged in

Open command: none
`);
    const untold = await statusOf({
      assets: [charger],
      reading: { ...reading, powerKw: null, sessionKwh: null },
      reach: reached(),
    });
    expect(untold).toContain("state       charging, plugged in, power unknown, session energy unknown\n");
  });

  it("tells a charger's battery, and a car's session, where they know it", async () => {
    const both = { socPercent: 48, storedKwh: null, sessionKwh: 4.26 };
    for (const asset of [charger, anAsset()]) {
      const reading = aReading({ assetId: asset.assetId, ...both });
      const out = await statusOf({ assets: [asset], reading, reach: reached() });
      expect(out).toContain("0.0 kW, 48 %, 4.3 kWh this session\n");
    }
  });

  it("tells of a heat pump its mode, compressor, power and temperatures", async () => {
    expect(await heat()).toBe(`heat-pump-0001 on the local platform
  now         Wed 14 Jan 22:05, Europe/London (UTC+00:00)
  asset       heat-pump, warm, fleet main
  account     customer-0001, not linked
  rated       3 kW
  wants       hot water 45 to 60 °C
  control     agreed Tue 13 Jan 12:00

Reading
  measured    Wed 14 Jan 22:03, 2 min ago
  state       mode normal, compressor on, 1.4 kW
              hot water 48.5 °C, indoors 20.5 °C, outdoors 4.0 °C
  reachable   yes, tried 1 min ago

Plan: none yet; one is made from the first reading

Open command: none
`);
  });

  it("marks a heat pump's power that is worked out from something else", async () => {
    expect(await heat({ powerEstimated: true })).toContain("compressor on, 1.4 kW (estimated)\n");
    expect(await heat({ powerEstimated: true, powerKw: null })).toContain("compressor on, power unknown\n");
  });

  it("calls unknown what a heat pump did not tell, and leaves out sensors that it has not", async () => {
    const nothing = { mode: null, compressorOn: null, powerKw: null, hotWaterC: null, indoorC: null, outdoorC: null };
    const out = await heat(nothing);
    expect(out).toContain("state       mode unknown, compressor unknown, power unknown\n");
    expect(out).toContain("              hot water unknown\n");
    expect(await heat({ compressorOn: false, powerKw: 0 })).toContain("compressor off, 0.0 kW\n");
  });

  it.each<[object, string]>([
    [{ indoorMinC: 18, indoorMaxC: 22 }, ", indoors 18 to 22 °C"],
    [{ indoorMinC: 18 }, ", indoors from 18 °C"],
    [{ indoorMaxC: 22 }, ", indoors up to 22 °C"],
    [{ carbonWeightPencePerKg: 25 }, ", a kilogram of CO2 counts 25 p"],
  ])("tells what a heat pump's owner wants: %j", async (more, says) => {
    const preferences = { hotWaterMinC: 45, hotWaterMaxC: 60, ...more };
    const out = await statusOf({ assets: [Asset.parse(heatPumpInput({ preferences }))] });
    expect(out).toContain(`wants       hot water 45 to 60 °C${says}\n`);
  });

  it("tells of a solar site its power, its energy, and where it goes", async () => {
    const out = await sun({ producedFrom: parseInstant("2026-01-14T00:00:00Z") });
    expect(out).toContain("  asset       solar-site, sunny, fleet main\n");
    expect(out).toContain("  peak        6 kW installed\n");
    expect(out).toContain(`
  state       3.2 kW from the panels, 8.4 kWh since Wed 14 Jan 00:00
              2.1 kW to the grid, 1.1 kW used on site
`);
    expect(await sun({ gridKw: 0.4 })).toContain("0.4 kW from the grid, 1.1 kW used on site\n");
  });

  it("calls unknown what a solar site did not tell, never 0", async () => {
    const nothing = { productionKw: null, producedKwh: null, gridKw: null, consumptionKw: null };
    expect(await sun(nothing)).toContain("state       production unknown, energy unknown\n  reachable");
    expect(await sun({ productionKw: 0, producedFrom: null })).toContain(
      "state       0.0 kW from the panels, 8.4 kWh\n",
    );
  });

  it("draws a plan against the full power of each kind", async () => {
    for (const [asset, powerKw] of [
      [charger, 7.36],
      [heatPump, 3],
      [solarSite, 6],
    ] as const) {
      const { windows, ...rest } = aPlan(["15 00:30-01:00"], { assetId: asset.assetId });
      const at = (share: number) => ({
        ...rest,
        windows: windows.map((one) => ({ ...one, powerKw: powerKw * share })),
      });
      expect(await statusOf({ assets: [asset], plan: at(1) })).toContain("  ..........##....");
      expect(await statusOf({ assets: [asset], plan: at(0.5) })).toContain("  ..........++....");
    }
  });

  it("reads the stream of the asset's kind and no other", async () => {
    const out = await statusOf({ assets: [heatPump], reading: aReading(), reach: reached() });
    expect(out).toContain("state       none yet");
  });

  it("shows a heat pump's open command, and drops its fault once the mode is what was wanted", async () => {
    const boost = {
      assetId: "heat-pump-0001",
      integration: "warm",
      action: { kind: "heat.mode", mode: "boost" },
    } as const;
    const open = await statusOf({ assets: [heatPump], commands: [aCommand(boost)] });
    expect(open).toContain("Open command: heat boost, accepted\n");
    const commands = [{ ...missed("transient", "mode normal at 1.4 kW", plusMs(NOW, -3_600_000)), ...boost }];
    const later = (mode: "boost" | "normal") =>
      statusOf({ assets: [heatPump], commands, reading: aHeatReading({ observedAt, mode }), reach: reached() });
    expect(await later("normal")).toContain("Fault: transient");
    expect(await later("boost")).not.toContain("Fault");
  });

  it("stays within 80 columns, and keeps a vendor's id to itself", async () => {
    const preferences = {
      ...{ hotWaterMinC: 45, hotWaterMaxC: 60, indoorMinC: 18.5, indoorMaxC: 22.5 },
      carbonWeightPencePerKg: 1000,
    };
    const commands = [{ ...aCommand(), evidence: "HP-9000001 said no" }];
    const asset = Asset.parse(heatPumpInput({ preferences }));
    const out = await statusOf({ assets: [asset], reading: aHeatReading({ observedAt }), reach: reached(), commands });
    narrow(out);
    expect(out).not.toContain("HP-9000001");
    narrow(await sun({ productionKw: 9999.9, producedKwh: 123_456.7, gridKw: -9999.9, consumptionKw: 9999.9 }));
  });

  it("gives scripts a heat pump's reading as it is stored", async () => {
    const reading = aHeatReading({ observedAt });
    const { target } = fakePlatform({ assets: [heatPump], reading, reach: reached() });
    const { out } = await runOps(["status", "heat-pump-0001", "--json"], target);
    expect(JSON.parse(out)).toMatchObject({
      asset: { kind: "heat-pump", ratedPowerKw: 3, timeZone: "Europe/London" },
      reading: { ...reading, ageSeconds: 120 },
    });
    expect(out).not.toContain("HP-9000001");
  });
});
