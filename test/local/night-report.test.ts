import { describe, expect, it } from "vitest";
import { TrueSignals } from "../../local/night/hindsight.ts";
import { type NightInputs, prepare } from "../../local/night/inputs.ts";
import type { Outcome } from "../../local/night/outcome.ts";
import { progressLine } from "../../local/night/progress.ts";
import { type Report, report } from "../../local/night/report.ts";
import type { Session } from "../../local/night/sessions.ts";
import { reportText } from "../../local/night/text.ts";
import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aCommand, at } from "../builders.ts";

const request = {
  night: "2026-01-14",
  zone: "Europe/London",
  cars: 2,
  chargers: 0,
  heatPumps: 0,
  solarSites: 0,
  prices: undefined,
  carbon: undefined,
  sessions: undefined,
  faults: "none",
  seed: 1,
  carbonWeightPencePerKg: 0,
} as const;

/** Two cars that come at six in the evening and need 7.36 kWh by eight: one hour of full power. */
async function theInputs(): Promise<NightInputs> {
  const inputs = await prepare(request);
  const arrivesAtMs = inputs.night.startsAtMs + 6 * HOUR_MS;
  const departsAtMs = arrivesAtMs + 2 * HOUR_MS;
  const cars = inputs.cars.map((car) => ({
    ...car,
    session: { ...car.session, arrivesAtMs, departsAtMs, energyKwh: 7.36 },
    readyByMs: departsAtMs,
  }));
  return { ...inputs, cars };
}

/** 20 pence in the first hour of the stay, 10 in the second; carbon the other way round. */
function signalsOf({ night }: NightInputs): TrueSignals {
  const hour = (index: number, value: number): Slot => ({
    startsAt: instant(night.startsAtMs + index * HOUR_MS),
    endsAt: instant(night.startsAtMs + (index + 1) * HOUR_MS),
    value,
    kind: "actual",
    issuedAt: instant(night.startsAtMs),
  });
  return new TrueSignals([hour(6, 20), hour(7, 10)], [hour(6, 100), hour(7, 200)]);
}

const aCall: Outcome["calls"][number] = { integration: "acme", atMs: 0, kind: "state", status: 200, priceUsd: 0.002 };

const calm: Outcome = {
  intervals: () => [],
  couldBeReady: () => true,
  commands: [],
  effective: [],
  storedKwh: () => 0,
  leftAlone: () => undefined,
  comfortBreaches: [],
  production: [],
  calls: Array.from({ length: 300 }, (_, i) => ({ ...aCall, atMs: i * HOUR_MS })),
  injections: [],
  events: [],
  deadLetters: [],
  ringings: [],
  refusals: [],
  droppedDeliveries: [],
  portfolioPlans: [],
  assetPlans: [],
};

async function aReport(outcome: Partial<Outcome> = {}, changes: Partial<NightInputs> = {}): Promise<Report> {
  const inputs = { ...(await theInputs()), ...changes };
  return report(inputs, signalsOf(inputs), { ...calm, ...outcome });
}

/** The first car charges in the cheap hour, the second for `secondMinutes` of the dear one. */
async function chargedFor(secondMinutes: number, past = 0): Promise<Report> {
  const { night } = await theInputs();
  const from = (hours: number, minutes: number) => {
    const startsAtMs = night.startsAtMs + hours * HOUR_MS;
    return [{ startsAtMs, endsAtMs: startsAtMs + minutes * 60_000, powerKw: 7.36 }];
  };
  return aReport({
    intervals: (assetId) => (assetId === "car-0001" ? from(7, 60 + past) : from(6, secondMinutes)),
  });
}

describe("a report", () => {
  it("bills what was drawn, beside charging at plug-in and the cheapest with hindsight", async () => {
    const { totals, savedAgainstChargeNow, aboveHindsightPercent } = await chargedFor(60);
    const rounded = Object.values(totals).map(({ energyKwh, costPence, carbonGrams }) =>
      [energyKwh, costPence, carbonGrams].map((value) => Number(value.toFixed(3))),
    );
    expect(rounded).toEqual([
      [14.72, 220.8, 2208],
      [14.72, 294.4, 1472],
      [14.72, 147.2, 2944],
    ]);
    expect(savedAgainstChargeNow).toEqual({ costPercent: 25, carbonPercent: -50 });
    expect(aboveHindsightPercent).toBe(50);
  });

  it("sets against hindsight only the cars that got their energy: less energy is no saving", async () => {
    const { aboveHindsightPercent, cars } = await chargedFor(30);
    expect(aboveHindsightPercent).toBe(0);
    expect(cars.map(({ ready, deliveredKwh }) => [ready, deliveredKwh])).toEqual([
      [true, 7.36],
      [false, 3.68],
    ]);
  });

  it("takes a car for ready with less than 0.1 kWh missing, and counts nothing after its time", async () => {
    expect((await chargedFor(59.5)).cars[1]).toMatchObject({ ready: true, couldBeReady: true, neededKwh: 7.36 });
    expect((await chargedFor(58)).cars[1]).toMatchObject({ ready: false });
    expect((await chargedFor(60, 60)).cars[0]?.deliveredKwh).toBe(7.36);
  });

  it("does not call a car late whose plug was pulled before its time, if until then it could wait", async () => {
    const { night, cars } = await theInputs();
    const integration = cars[0]?.asset.integration ?? "";
    const atHour = (hours: number) => night.startsAtMs + hours * HOUR_MS;
    // It came at six, needs an hour of full power by eight, and its plug is pulled at this time.
    const pulledAt = async (hours: number, changes: Partial<Outcome["injections"][number]> = {}) => {
      const pulled = { kind: "pulled", faultClass: "customer-must-act", onlyIfAsked: true } as const;
      const of = { integration, assetId: "car-0001", fromMs: atHour(hours), toMs: atHour(24) };
      const { cars: judged } = await aReport({ injections: [{ ...of, ...pulled, ...changes }] });
      return judged.map(({ couldBeReady }) => couldBeReady);
    };
    expect(await pulledAt(6.9)).toEqual([false, true]);
    // Somebody put the plug back, too late at full power.
    expect(await pulledAt(6.5, { toMs: atHour(7.9) })).toEqual([false, true]);
    // At that time it was lost already; or it was put back in time; or it was no plug.
    expect(await pulledAt(7.1)).toEqual([true, true]);
    expect(await pulledAt(6.5, { toMs: atHour(6.6) })).toEqual([true, true]);
    expect(await pulledAt(6.5, { faultClass: "device-offline" })).toEqual([true, true]);
    expect(await pulledAt(5.9)).toEqual([true, true]);
  });

  it("does not divide by a night that costs nothing", async () => {
    const inputs = await theInputs();
    const free = report(inputs, new TrueSignals([], []), calm);
    expect([free.savedAgainstChargeNow, free.aboveHindsightPercent]).toEqual([{ costPercent: 0, carbonPercent: 0 }, 0]);
  });

  it("counts commands, faults and vendor calls, and holds the promises", async () => {
    const integration = (await theInputs()).cars[0]?.asset.integration ?? "";
    const { commands, missedBy, faultsRaised, faultsNamed, invariants } = await aReport({
      injections: [{ integration, kind: "cut", faultClass: "device-offline", fromMs: 0, toMs: 1, assetId: "car-0001" }],
      commands: [
        aCommand({ status: "confirmed" }),
        aCommand({ status: "confirmed" }),
        aCommand({ status: "missed", faultClass: "device-offline" }),
      ],
      events: [
        { name: "FaultRaised", atMs: 0, assetId: "car-0001", faultClass: "device-offline" },
        { name: "FaultCleared", atMs: 1, assetId: "car-0001", faultClass: "device-offline" },
      ],
    });
    expect([commands, missedBy, faultsRaised]).toEqual([
      { confirmed: 2, missed: 1 },
      { "device-offline": 1 },
      { "device-offline": 1 },
    ]);
    expect(faultsNamed).toMatchObject({ named: 1, right: 1 });
    expect(invariants.filter(({ held }) => !held).map(({ violations }) => violations)).toEqual([
      ["car-0001 lacks 7.36 kWh", "car-0002 lacks 7.36 kWh"],
    ]);
  });

  it("lists every command, car by car in the order of issue, with what its verdict rests on", async () => {
    const [first, second] = [at("2026-01-14T19:00Z"), at("2026-01-14T20:00Z")];
    const { commandLedger } = await aReport({
      commands: [
        aCommand({ assetId: "car-0002", issuedAt: first }),
        aCommand({ commandId: "the-later-one", issuedAt: second }),
        aCommand({
          commandId: "the-earlier-one",
          status: "missed",
          issuedAt: first,
          notBefore: second,
          acceptedAt: second,
          endedAt: second,
          faultClass: "device-offline",
          evidence: "no power seen",
        }),
      ],
    });
    expect(commandLedger.map(({ assetId, commandId }) => `${assetId} ${commandId.slice(0, 15)}`)).toEqual([
      "car-0001 the-earlier-one",
      "car-0001 the-later-one",
      "car-0002 2026-11-21T02:0",
    ]);
    expect(commandLedger[0]).toEqual({
      assetId: "car-0001",
      commandId: "the-earlier-one",
      action: { kind: "charge.start", currentA: 32 },
      reason: "cheapest",
      status: "missed",
      issuedAt: first,
      notBefore: second,
      acceptedAt: second,
      endedAt: second,
      faultClass: "device-offline",
      evidence: "no power seen",
    });
    expect(JSON.parse(JSON.stringify(commandLedger))).toEqual(commandLedger);
  });
});

describe("a report of a mixed fleet", () => {
  const mixed = { ...request, cars: 1, chargers: 1, heatPumps: 1, solarSites: 1 };

  /** Car and charger in the cheap hour; the pump in the cheap hour where it would have run in the dear one. */
  async function mixedReport(outcome: Partial<Outcome> = {}, notes: string[] = []): Promise<Report> {
    const inputs = { ...(await prepare(mixed)), notes };
    const { night } = inputs;
    const arrivesAtMs = night.startsAtMs + 6 * HOUR_MS;
    const stay = <S extends { session: Session; readyByMs: number }>(one: S): S => ({
      ...one,
      session: { ...one.session, arrivesAtMs, energyKwh: 7.36 },
      readyByMs: arrivesAtMs + 2 * HOUR_MS,
    });
    const hour = (from: number, powerKw: number) => [
      { startsAtMs: night.startsAtMs + from * HOUR_MS, endsAtMs: night.startsAtMs + (from + 1) * HOUR_MS, powerKw },
    ];
    const productionKw = 2;
    return report({ ...inputs, cars: inputs.cars.map(stay), chargers: inputs.chargers.map(stay) }, signalsOf(inputs), {
      ...calm,
      intervals: (assetId) => hour(7, assetId === "pump-0001" ? 1 : 7.36),
      leftAlone: () => ({ intervals: hour(6, 1.1), storedKwh: 0 }),
      production: [
        { assetId: "solar-0001", atMs: night.startsAtMs + HOUR_MS, productionKw },
        { assetId: "solar-0001", atMs: night.startsAtMs + 7.5 * HOUR_MS, productionKw },
      ],
      ...outcome,
    });
  }

  it("counts heat that is left at the night's end at the mean price, so that none is bought or owed for nothing", async () => {
    const { byKind, heatPumps } = await mixedReport({ storedKwh: () => -0.5 });
    const [pump] = heatPumps;
    const meanPence = ((pump?.compared.costPence ?? 0) - (pump?.actual.costPence ?? 0)) / 0.5;
    expect(pump?.storedMoreKwh).toBe(-0.5);
    expect(pump?.compared.energyKwh).toBeCloseTo(1.5, 6);
    expect(meanPence).toBeGreaterThan(10);
    expect(meanPence).toBeLessThan(20);
    expect(byKind.heatPumps?.savedAgainstLeftAlone.costPercent).toBeLessThan(54);
  });

  it("judges each kind by itself, and cars and chargers together at the top", async () => {
    const { byKind, totals, cars, chargers, heatPumps, solarSites } = await mixedReport();
    expect([cars[0]?.ready, chargers[0]?.ready]).toEqual([true, true]);
    expect(totals.actual.energyKwh).toBeCloseTo(14.72, 6);
    expect(byKind.cars?.totals.actual.costPence).toBeCloseTo(73.6, 6);
    expect(byKind.chargers?.savedAgainstChargeNow.costPercent).toBe(50);
    expect(byKind.heatPumps?.totals.leftAlone.costPence).toBeCloseTo(22, 6);
    expect(byKind.heatPumps?.savedAgainstLeftAlone.costPercent).toBeCloseTo(54.55, 2);
    expect(heatPumps).toMatchObject([{ assetId: "pump-0001", comfortBreaches: 0 }]);
    expect(solarSites).toMatchObject([
      { assetId: "solar-0001", knownPercent: 100, producedKwh: 2, usedByDevicesKwh: 1 },
    ]);
  });

  it("leaves out the kinds that the fleet has not", async () => {
    expect(Object.keys((await aReport()).byKind)).toEqual(["cars"]);
  });

  it("counts a breach of comfort with its pump and breaks the promise", async () => {
    const breach = { atMs: 0, assetId: "pump-0001", detail: "hot water 41 °C, at least 42 °C" };
    const { heatPumps, invariants } = await mixedReport({ comfortBreaches: [breach] });
    expect(heatPumps[0]?.comfortBreaches).toBe(1);
    expect(invariants.filter(({ held }) => !held).map(({ violations }) => violations)).toEqual([
      ["pump-0001 at 1970-01-01T00:00:00.000Z: hot water 41 °C, at least 42 °C"],
    ]);
  });

  it("as text has a table for each kind, the stays of both in one list, and no line over 80 columns", async () => {
    const lines = reportText(await mixedReport()).split("\n");
    expect(lines[0]).toBe("Night of 2026-01-14, noon to noon Europe/London, 1 car, 1 charger, 1 heat pump,");
    expect(lines).toContain("  1 heat pump                   kWh     cost £     kg CO2      p/kWh");
    expect(lines).toContain("  left alone                    1.1       0.22        0.1      20.00");
    expect(lines).toContain("  saved against leaving them alone: cost 54.5 %, CO2 -81.8 %");
    expect(lines).toContain("  left their comfort band on our account: never");
    expect(lines).toContain("  1 solar site: production known 100.0 % of the hours from nine to three, 2.0");
    expect(lines).toContain("Ready by their time: 2 of 2 (2 could be)");
    expect(lines).toContain("  charger-0001  Wed 18:00    Wed 20:00        7.4     7.4  ready");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("the report as text", () => {
  const long = "a note that goes on and on about what a reader must know ".repeat(5);
  const unbroken = `https://queue.example/${"x".repeat(200)}`;

  it("has no line over 80 columns, whatever the notes, names and numbers", async () => {
    const { cars: two } = await theInputs();
    const cars = Array.from({ length: 40 }, (_, i) => two[i % 2] as (typeof two)[number]);
    const inputs = await prepare({ ...request, zone: "America/Argentina/ComodRivadavia", seed: 4_000_000_000 });
    const full = await aReport(
      {
        couldBeReady: () => false,
        commands: Array.from({ length: 12 }, (_, i) => aCommand({ commandId: `command-${i}`, status: "missed" })),
        refusals: [unbroken, long],
        deadLetters: [{ queue: unbroken, messages: 3 }],
        calls: (["state", "data", "command", "wake", "token"] as const).flatMap((kind) =>
          Array.from({ length: 50 }, () => ({
            ...aCall,
            integration: two[0]?.asset.integration ?? "",
            kind,
            priceUsd: 99,
          })),
        ),
        injections: Array.from({ length: 9 }, (_, i) => ({
          ...{ integration: "acme", kind: `fault-number-${i}`, faultClass: null, fromMs: 0, toMs: 1 },
        })),
      },
      { night: inputs.night, cars, notes: [long, unbroken], seed: 4_000_000_000 },
    );
    const timings = { inputs: 1, synth: 20.5, start: 3.25, night: 1000, settle: 1, "and the rest of it": 1, all: 1030 };
    const lines = reportText({ ...full, timings, peakMemoryMb: 12_345 }).split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join("").replace(/\s/g, "")).toContain(unbroken);
    expect(lines.join(" ").replace(/\s+/g, " ")).toContain(long.trim());
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}car-0001 .* could not be ready$/));
    expect(lines).toContain("  … 28 more, all in the JSON report");
    expect(lines).toContain("          and 2 more");
    expect(lines.join("")).not.toContain("\x1b");
  });

  it("says first what the night was, and last which promises held", async () => {
    const lines = reportText(await chargedFor(60)).split("\n");
    expect(lines[0]).toBe("Night of 2026-01-14, noon to noon Europe/London, 2 cars, faults none, seed 1");
    expect(lines).toContain("  this night                   14.7       2.21        2.2      15.00");
    expect(lines).toContain("  saved against charging at plug-in: cost 25.0 %, CO2 -50.0 %");
    expect(lines).toContain("  above the cheapest with hindsight: 50.00 % (at equal energy)");
    expect(lines).toContain("Ready by their time: 2 of 2 (2 could be)");
    expect(lines).toContain("  car-0001  Wed 18:00    Wed 20:00        7.4     7.4  ready");
    expect(lines).toContain("Vendor calls: 300, $0.60 at the vendors' prices");
    expect(lines.at(-1)).toBe("held    no call or delivery was lost in silence");
  });

  it("calls a car that could have been ready LATE and the promise BROKEN", async () => {
    const lines = reportText(await chargedFor(30)).split("\n");
    expect(lines).toContain("  car-0002  Wed 18:00    Wed 20:00        7.4     3.7  LATE");
    expect(lines).toContain("BROKEN  every car that could be ready is ready");
    expect(lines).toContain("          car-0002 lacks 3.68 kWh");
  });
});

describe("the progress line", () => {
  const startsAtMs = Date.parse("2026-01-14T12:00Z");
  const night = { date: "2026-01-14", zone: "Europe/London", startsAtMs, endsAtMs: startsAtMs + 24 * HOUR_MS };
  const written = (isTTY: boolean, pumps = 0) => {
    let text = "";
    const out = {
      isTTY,
      write(more: string) {
        text += more;
        return true;
      },
    } as NodeJS.WriteStream;
    const line = progressLine(out, night);
    for (let minutes = 0; minutes <= 6 * 60; minutes += 10)
      line.update({
        atMs: startsAtMs + minutes * 60_000,
        cars: { all: 5, ready: 2, charging: 1 },
        heatPumps: { all: pumps, running: 1 },
        commands: minutes,
      });
    line.end();
    line.end();
    return text;
  };

  it("in a pipe is a plain line every three hours", () => {
    expect(written(false)).toBe(
      ["12:00", "15:00", "18:00"].map((time, i) => `${time}  2 of 5 full, 1 charging, ${i * 180} commands\n`).join(""),
    );
  });

  it("tells of pumps where there are some", () => {
    expect(written(false, 3).split("\n")[0]).toBe("12:00  2 of 5 full, 1 charging, 1 of 3 pumps running, 0 commands");
  });

  it("on a terminal rewrites itself and is gone at the end", () => {
    const parts = written(true).split("\r\x1b[2K");
    expect(parts).toHaveLength(37 + 2);
    expect(parts[37]).toBe("18:00  2 of 5 full, 1 charging, 360 commands");
    expect(parts.at(-1)).toBe("");
    expect(written(true)).not.toContain("\n");
  });
});
