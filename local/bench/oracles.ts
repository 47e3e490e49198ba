import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { Command } from "commander";
import type { Problem } from "../../lambdas/optimiser/engine/case/problem.ts";
import { solveProblem } from "../../lambdas/optimiser/engine/case/solve.ts";
import { useBattery } from "../../lambdas/optimiser/engine/oracles/battery.ts";
import { batteryWorkspace } from "../../lambdas/optimiser/engine/oracles/battery-model.ts";
import { type Car, carWorkspace, chargeCheapest, chargeInOrder } from "../../lambdas/optimiser/engine/oracles/car.ts";
import { chargeByDeadlines, pieceWorkspace } from "../../lambdas/optimiser/engine/oracles/deadlines.ts";
import { heatCheaply, heatWorkspace } from "../../lambdas/optimiser/engine/oracles/heat.ts";
import { cheapestFirst, orderWorkspace } from "../../lambdas/optimiser/engine/oracles/order.ts";
import { modulateCheapest, quantaWorkspace } from "../../lambdas/optimiser/engine/oracles/quanta.ts";
import { runSize, runWorkspace, switchCheapest } from "../../lambdas/optimiser/engine/oracles/runs.ts";
import { writeOutput } from "../output-file.ts";
import { withFigures } from "./benchmark-page.ts";
import { grouped, markdownTable } from "./growth.ts";

/**
 * `npm run bench:oracles`: what each oracle takes, as JSON lines; the first line names the machine. With `--docs <folder>` the
 * table in that folder's benchmark.md is renewed.
 */
const SLOTS = [48, 96, 192];
const REPEATS = 15;
const BATCH_US = 20_000;
/** Microseconds by oracle and slots. */
const medians = new Map<string, Map<number, number>>();

/** Median and least of batches of about 20 ms each, after a warm-up of the same length. */
function line(oracle: string, slots: number, run: () => unknown): void {
  const batch = (times: number) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < times; i++) run();
    return Number(process.hrtime.bigint() - start) / 1000 / times;
  };
  const guess = Math.max(batch(20), batch(20));
  const times = Math.max(1, Math.round(BATCH_US / Math.max(guess, 0.2)));
  batch(times);
  const us = Array.from({ length: REPEATS }, () => batch(times)).sort((a, b) => a - b);
  const round = (one: number | undefined) => Math.round((one ?? 0) * 100) / 100;
  const [medianUs, leastUs] = [round(us[REPEATS >> 1]), round(us[0])];
  process.stdout.write(`${JSON.stringify({ oracle, slots, medianUs, leastUs })}\n`);
  medians.set(oracle, (medians.get(oracle) ?? new Map()).set(slots, medianUs));
}

/** A day and a half of prices with two troughs, in 1e-4 pence, and no two alike. */
function prices(slots: number): Float64Array {
  return Float64Array.from({ length: slots }, (_, t) =>
    Math.round(180_000 + 80_000 * Math.sin((t / slots) * 12) + 20_000 * Math.sin(t * 7.3)),
  );
}

function cars(slots: number): void {
  const price = prices(slots);
  const energyWh = new Int32Array(slots);
  const limitWh = Math.round((7400 * 24) / slots);
  const car: Car = {
    id: "car",
    from: 0,
    to: slots,
    needWh: 20_000,
    maxWh: 20_000,
    minimumWh: Math.round((1380 * 24) / slots),
    limitWh,
    penalty: 1_000_000,
  };
  const work = carWorkspace(slots);
  const free = { ...car, minimumWh: 0 };
  line("car", slots, () => chargeCheapest(free, price, energyWh, work));
  line("car, minimum power", slots, () => chargeCheapest(car, price, energyWh, work));
  const order = cheapestFirst(price, 0, slots, orderWorkspace(slots));
  line("car, minimum power, shared order", slots, () => chargeInOrder(car, price, order, slots, energyWh, work));

  const deadlines = [0.25, 0.5, 1].map((share) => {
    return { before: slots * share, needWh: 20_000 * share, penalty: 1_000_000 };
  });
  const promised = { ...car, deadlines, limitWh: new Int32Array(slots).fill(limitWh) };
  const pieces = pieceWorkspace(slots);
  line("car, three deadlines", slots, () => chargeByDeadlines(promised, price, energyWh, pieces));
}

function runs(slots: number): void {
  const price = prices(slots);
  const energyWh = new Int32Array(slots);
  const rules = { minRunSlots: 2, minGapSlots: 2, maxStarts: 3, startCost: 30_000_000 };
  for (const on of [8, 16]) {
    const wanted = { needWh: on * 900, maxWh: on * 900, slotWh: 900, penalty: 1_000_000 };
    const load = { id: "load", from: 0, to: slots, ...wanted, ...rules };
    const { mostOn, mostStarts } = runSize(load);
    const work = runWorkspace(slots, mostOn, mostStarts);
    line(`on/off with run rules, ${on} slots on`, slots, () => switchCheapest(load, price, energyWh, work));
  }
  const wanted = { needWh: 20_000, maxWh: 20_000, minimumWh: 500, penalty: 1_000_000, quantumWh: 250 };
  const load = { id: "load", from: 0, to: slots, ...wanted, ...rules, limitWh: new Int32Array(slots).fill(1750) };
  const work = quantaWorkspace(slots, 80, rules.minRunSlots);
  line("modulating with run rules, 80 quanta", slots, () => modulateCheapest(load, price, energyWh, work));
}

function storage(slots: number): void {
  const price = prices(slots);
  const battery = {
    id: "battery",
    capacityWh: 10_000,
    initialWh: 3000,
    finalMinWh: 3000,
    maxChargeWh: (3600 * 24) / slots,
    maxDischargeWh: (3600 * 24) / slots,
    chargeEfficiency: 0.95,
    dischargeEfficiency: 0.95,
    cyclingCost: 8000,
  };
  const site = {
    netWh: Float64Array.from({ length: slots }, (_, t) => 400 - 2000 * Math.max(0, Math.sin((t / slots) * 6.28 - 1))),
    importPrice: price,
    exportPrice: new Float64Array(slots).fill(60_000),
    importLimitWh: (12_500 * 24) / slots,
    exportLimitWh: (5000 * 24) / slots,
  };
  const chargeWh = new Float64Array(slots);
  const dischargeWh = new Float64Array(slots);
  const work = batteryWorkspace(slots);
  line("battery", slots, () => useBattery(battery, site, chargeWh, dischargeWh, work));
  const dear = { ...site, exportPrice: price.map((one, t) => (t % 9 ? 60_000 : one + 10_000)) };
  line("battery, export above import now and then", slots, () =>
    useBattery(battery, dear, chargeWh, dischargeWh, work),
  );
  const isNight = (t: number) => t > slots * 0.1 && t < slots * 0.3;
  const twoRates = {
    ...site,
    importPrice: price.map((_, t) => (isNight(t) ? 70_000 : 250_000)),
    exportPrice: new Float64Array(slots).fill(150_000),
  };
  line("battery, export above import all night", slots, () =>
    useBattery(battery, twoRates, chargeWh, dischargeWh, work),
  );
}

function heat(slots: number): void {
  const price = prices(slots);
  const home = {
    id: "home",
    from: 0,
    to: slots,
    initialC: 19.5,
    minC: new Float64Array(slots).fill(19),
    maxC: new Float64Array(slots).fill(22.5),
    outdoorC: new Float64Array(slots).fill(5),
    cop: new Float64Array(slots).fill(2.8),
    decay: 0.975 ** (48 / slots),
    gainCPerKwhHeat: 0.16,
    minimumWh: (1000 * 24) / slots,
    limitWh: (3000 * 24) / slots,
    minRunSlots: 2,
    minGapSlots: 1,
    startCost: 0,
    discomfortPenalty: 400_000_000,
  };
  const energyWh = new Float64Array(slots);
  const work = heatWorkspace(slots, home.minRunSlots, home.minGapSlots);
  line("heat pump", slots, () => heatCheaply(home, price, energyWh, work));
}

function home(slots: number): void {
  const hours = 24 / slots;
  const price = [...prices(slots)].map((one) => one / 10_000);
  const site = {
    baseKw: new Array<number>(slots).fill(0.6),
    solarKw: Array.from({ length: slots }, (_, t) => 5 * Math.max(0, Math.sin((t / slots) * 6.28 - 1))),
    importCapKw: 9,
    exportCapKw: 5,
    importPence: price,
    exportPence: new Array<number>(slots).fill(6),
  };
  const problem: Problem = {
    slots,
    slotHours: hours,
    groupCapsKw: new Map(),
    sites: new Map([["home", site]]),
    assets: [
      {
        kind: "ev",
        id: "car",
        site: "home",
        fromSlot: Math.round(slots * 0.1),
        toSlot: Math.round(slots * 0.7),
        minKw: 0,
        maxKw: 7.4,
        power: "continuous",
        minKwh: 14,
        maxKwh: 18,
        shortfallPenalty: 100,
        deadlines: [],
        minRunSlots: 1,
        minGapSlots: 0,
        maxStarts: Number.POSITIVE_INFINITY,
        startCostPence: 0,
      },
      {
        kind: "battery",
        id: "battery",
        site: "home",
        capacityKwh: 10,
        initialKwh: 3,
        finalMinKwh: 3,
        maxChargeKw: 3.6,
        maxDischargeKw: 3.6,
        etaCharge: 0.95,
        etaDischarge: 0.95,
        cyclingCost: 0.8,
      },
    ],
  };
  line("home: car, battery, solar, import limit", slots, () => solveProblem(problem));
}

const { docs } = new Command("bench:oracles")
  .description("Times the planner of every kind of single asset.")
  .option("--docs <folder>", "also renew the table of single assets in this folder's benchmark.md")
  .parse()
  .opts<{ docs?: string }>();
const [cpu] = cpus();
const machine = { cpu: cpu?.model, cores: cpus().length, node: process.version, load: loadavg()[0] };
process.stdout.write(`${JSON.stringify(machine)}\n`);
for (const measure of [cars, runs, storage, heat, home]) for (const slots of SLOTS) measure(slots);
if (docs !== undefined) {
  const page = `${docs}/benchmark.md`;
  const rows = [...medians].map(([oracle, us]) => [oracle, ...SLOTS.map((slots) => grouped(us.get(slots) ?? 0))]);
  const table = markdownTable(["µs", ...SLOTS.map((slots) => `${slots} slots`)], rows);
  const where = `${machine.cpu}, Node ${machine.node}, load ${machine.load?.toFixed(2)}`;
  writeOutput(page, withFigures(readFileSync(page, "utf8"), "assets", `${where}\n\n${table}`));
}
