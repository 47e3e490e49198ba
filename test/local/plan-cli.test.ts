import { describe, expect, it } from "vitest";
import { BadInput } from "../../local/feeds/bad-input.ts";
import { CaseError, readCase } from "../../local/plan/case-file.ts";
import { checkSchedule } from "../../local/plan/checker.ts";
import { planCommand } from "../../local/plan/cli.ts";
import type { ScheduleFile } from "../../local/plan/schedule-file.ts";

const PRICES = [30, 28, 12, 8, 9, 31, 35, 20];

const car = (changes: object = {}) => ({
  id: "car-1",
  kind: "ev",
  priceClass: "agile",
  fromSlot: 1,
  toSlot: 8,
  minKwh: 5,
  maxKwh: 5,
  minKw: 1.4,
  maxKw: 7.4,
  shortfallPenalty: 100,
  ...changes,
});

const heatPump = (changes: object = {}) => ({
  id: "hp-1",
  kind: "heatpump",
  priceClass: "agile",
  fromSlot: 0,
  toSlot: 8,
  initialC: 19.5,
  minC: new Array(8).fill(19),
  maxC: new Array(8).fill(22),
  outdoorC: new Array(8).fill(5),
  cop: new Array(8).fill(2.8),
  decay: 0.975,
  gainCPerKwhHeat: 0.16,
  minKw: 1,
  maxKw: 3,
  semiContinuous: true,
  discomfortPenalty: 40,
  ...changes,
});

function caseText(changes: object = {}): string {
  return JSON.stringify({
    format: "optimiser-case/1",
    id: "small",
    title: "One car",
    time: { startUtc: "2026-01-14T16:00:00Z", zone: "Europe/London", slotMinutes: 30, slots: 8 },
    priceClasses: { agile: PRICES },
    assets: [car()],
    ...changes,
  });
}

function run(argv: readonly string[], files: Record<string, string> = {}) {
  const written: Record<string, string> = {};
  let [out, err] = ["", ""];
  const code = planCommand(argv, {
    read: (path) => {
      if (files[path] === undefined) throw new Error("no such file");
      return files[path];
    },
    write: (path, text) => {
      if (path.startsWith("/gone")) throw new Error("no such folder");
      if (path.startsWith("/told")) throw new BadInput("it is said already.");
      written[path] = text;
    },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err, written };
}

describe("npm run plan", () => {
  it("prints the plan, its proof and a strip of at most 80 columns", () => {
    const { code, out, err } = run(["case.json"], { "case.json": caseText() });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("cost            41.3000 p");
    expect(out).toContain("proven optimal");
    expect(out).toContain("every rule holds");
    expect(out).toMatch(/^car-1 +\.\.#\+\.\.\.$/m);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("draws many slots, many assets and long names within 80 columns", () => {
    const long = Array.from({ length: 192 }, (_, t) => 10 + (t % 7));
    const { code, out } = run(["case.json"], {
      "case.json": caseText({
        id: "a".repeat(100),
        time: { startUtc: "2026-01-14T16:00:00Z", zone: "Europe/London", slotMinutes: 15, slots: 192 },
        priceClasses: { agile: long },
        assets: Array.from({ length: 40 }, (_, i) => car({ id: `a car with a very long name ${i}`, toSlot: 192 })),
      }),
    });
    expect(code).toBe(0);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(out).toContain("and 16 more");
  });

  it("writes schedule and certificate as JSON", () => {
    const { written } = run(["case.json", "--json", "out.json"], { "case.json": caseText() });
    const { certificate, schedule } = JSON.parse(written["out.json"] ?? "{}");
    expect(certificate).toMatchObject({ costPence: 41.3, isProven: true, shortfallKwh: 0 });
    expect(certificate.boundPence).toBeCloseTo(41.3, 6);
    expect(schedule.assets["car-1"].kw).toEqual([0, 0, 7.4, 2.6, 0, 0, 0]);
  });

  it("says how much an impossible promise lacks", () => {
    const { code, out } = run(["case.json"], { "case.json": caseText({ assets: [car({ minKwh: 40, maxKwh: 40 })] }) });
    expect(code).toBe(0);
    expect(out).toMatch(/shortfall +14\.100 kWh/);
  });

  it.each([
    [
      "a report that cannot be written",
      ["case.json", "--json", "/gone/out.json"],
      /^\/gone\/out\.json cannot be written: /,
    ],
    [
      "a report that cannot be written, with the reason given",
      ["case.json", "--json", "/told/out.json"],
      /^it is said already\.\n$/,
    ],
    ["a missing file", ["gone.json"], /^gone\.json cannot be read: .*no such file\n$/],
    ["no file at all", [], /missing required argument/],
    ["a strange option", ["case.json", "--fast"], /unknown option/],
    ["no JSON", ["text.json"], /^The file is not JSON\.\n$/],
    ["another format", ["format.json"], /^format: .*\n$/],
    ["a wrong field", ["field.json"], /^car-1: minKwh: .*\n$/],
    ["an unknown kind", ["kind.json"], /^kettle: kind: .*\n$/],
    ["an impossible level", ["level.json"], /^bat-1: finalMinKwh cannot be reached from initialKwh\.\n$/],
    ["an overheated home", ["hot.json"], /^hp-1: maxC cannot be kept in slot 0\.\n$/],
  ])("ends with 2 and one sentence for %s", (_, argv, sentence) => {
    const battery = {
      id: "bat-1",
      kind: "battery",
      capacityKwh: 10,
      initialKwh: 0,
      finalMinKwh: 10,
      maxChargeKw: 1,
      maxDischargeKw: 1,
      etaCharge: 0.9,
      etaDischarge: 0.9,
    };
    const { code, out, err } = run(argv, {
      "case.json": caseText(),
      "text.json": "not a case",
      "format.json": caseText({ format: "optimiser-case/9" }),
      "field.json": caseText({ assets: [car({ minKwh: "much" })] }),
      "kind.json": caseText({ assets: [car({ id: "kettle", kind: "kettle" })] }),
      "level.json": caseText({ assets: [battery] }),
      "hot.json": caseText({ assets: [heatPump({ initialC: 30 })] }),
    });
    expect(code).toBe(2);
    if (!argv.includes("--json")) expect(out).toBe("");
    expect(err).toMatch(sentence);
  });
});

describe("a case file", () => {
  it.each([
    ["assets with one id", { assets: [car(), car()] }, "car-1: id: is used twice."],
    ["too few prices", { priceClasses: { agile: [1] } }, "priceClasses: agile: has 1 values and the case 8 slots."],
    ["an unknown price class", { assets: [car({ priceClass: "go" })] }, 'car-1: priceClass: the case has no "go".'],
    [
      "a car without prices",
      { assets: [car({ priceClass: undefined })] },
      "car-1: priceClass: is missing, and the asset is at no site.",
    ],
    ["an unknown site", { assets: [car({ site: "home" })] }, 'car-1: site: the case has no "home".'],
    ["an unknown feeder", { assets: [car({ group: "north" })] }, 'car-1: group: the case has no "north".'],
    ["a window beyond the end", { assets: [car({ toSlot: 9 })] }, "car-1: toSlot: must be from 1 to 8."],
    ["a maximum below the need", { assets: [car({ maxKwh: 4 })] }, "car-1: maxKwh: is below minKwh."],
    ["a minimum above the maximum", { assets: [car({ minKw: 8 })] }, "car-1: minKw: is above maxKw."],
    ["a short comfort band", { assets: [heatPump({ minC: [19] })] }, "hp-1: minC: has 1 values and the case 8 slots."],
  ])("is refused with %s", (_, changes, message) => {
    expect(() => readCase(caseText(changes))).toThrow(new CaseError(message));
  });
});

describe("the checker", () => {
  const schedule = (kw: number[]): ScheduleFile => ({ assets: { "car-1": { kw } }, sites: {} });
  const check = (changes: object, kw: number[]) =>
    checkSchedule(readCase(caseText({ assets: [car(changes)] })), schedule(kw));

  it("agrees with a good schedule and counts its cost", () => {
    const { violations, costPence } = check({}, [0, 0, 7.4, 2.6, 0, 0, 0]);
    expect(violations).toEqual([]);
    expect(costPence).toBeCloseTo(3.7 * 8 + 1.3 * 9, 9);
  });

  it.each([
    ["too much power", {}, [0, 0, 8, 2, 0, 0, 0], "car-1: draws 8 kW in slot 3"],
    ["too much energy", {}, [0, 0, 7.4, 3.6, 0, 0, 0], "car-1: takes 5.5 kWh"],
    [
      "less than the minimum",
      { semiContinuous: true },
      [0, 0, 1, 0, 0, 0, 0],
      "car-1: draws 1 kW in slot 3, below its minimum",
    ],
    ["half on", { onOff: true }, [0, 0, 5, 0, 0, 0, 0], "car-1: is neither on nor off in slot 3"],
    [
      "a short run",
      { onOff: true, minRunSlots: 2 },
      [0, 7.4, 0, 0, 0, 0, 0],
      "car-1: runs for less than 2 slots from slot 2",
    ],
    [
      "a short gap",
      { onOff: true, minGapSlots: 2, maxKwh: 9 },
      [7.4, 0, 7.4, 0, 0, 0, 0],
      "car-1: starts in slot 3 less than 2 slots after a run",
    ],
    ["too many starts", { onOff: true, maxStarts: 1, maxKwh: 9 }, [7.4, 0, 7.4, 0, 0, 0, 0], "car-1: starts 2 times"],
    ["a wrong window", {}, [0], "car-1: has not one power for each slot of its window"],
  ])("finds %s", (_, changes, kw, violation) => {
    expect(check(changes, kw).violations).toContain(violation);
  });

  it("finds caps and ramps broken", () => {
    const plan = readCase(
      caseText({
        assets: [car({ group: "north" })],
        fleetCapKw: [null, 7, 7, 7, 7, 7, 7, 7],
        groups: { north: { capKw: new Array(8).fill(5) } },
        rampKw: 4,
      }),
    );
    const { violations } = checkSchedule(plan, schedule([0, 0, 7.4, 2.6, 0, 0, 0]));
    expect(violations.map((one) => one.slice(0, 30))).toEqual([
      "the fleet: draws 7.4 kW in slo",
      "north: draws 7.4 kW in slot 3,",
      "the fleet: changes by 7.4 kW i",
      "the fleet: changes by 4.800000",
    ]);
  });

  it("counts shortfall, starts and missed deadlines", () => {
    const deadlines = [{ slot: 3, kwh: 1, shortfallPenalty: 10 }];
    const { parts, shortfallKwh } = check({ onOff: true, startCost: 3, deadlines }, [0, 0, 7.4, 0, 0, 0, 0]);
    expect(shortfallKwh).toBeCloseTo(1.3, 9);
    expect(parts.shortfall).toBeCloseTo(130 + 10, 9);
    expect(parts.starts).toBe(3);
  });
});
