import { PlanInputError } from "../oracles/input-error.ts";
import { exactQuantumWh, modulateCheapest, quantaWorkspace } from "../oracles/quanta.ts";
import { runSize, runWorkspace, switchCheapest } from "../oracles/runs.ts";
import { provenBound } from "./linear-program.ts";
import type { Model } from "./model.ts";
import type { Problem, Vehicle } from "./problem.ts";
import { Simplex } from "./simplex.ts";

/** Energies go to the oracles in whole mWh, so that powers of any half-decent resolution stay exact. */
const MWH_PER_KWH = 1e6;
const MOST_QUANTA = 4000;
const MOST_ROUNDS = 300;

type Column = { asset: Vehicle; kw: Float64Array; costPence: number; variable: number };

export type ColumnSet = { columns: Column[]; boundPence: number };

/** The cheapest whole schedule of one vehicle at these prices (pence per kWh by slot), and its cost at them. */
type Answer = { kw: Float64Array; atPricesPence: number };
export type Oracle = (price: Float64Array) => Answer;

/** An oracle for a vehicle with run rules: on or off by slots used, anything else by quanta of energy. */
export function oracleOf(vehicle: Vehicle, { slots, slotHours }: Problem): Oracle {
  const units = (kwh: number) => Math.round(kwh * MWH_PER_KWH);
  const energy = new Int32Array(slots);
  const common = {
    id: vehicle.id,
    from: vehicle.fromSlot,
    to: vehicle.toSlot,
    needWh: units(vehicle.minKwh),
    maxWh: units(vehicle.maxKwh),
    penalty: vehicle.shortfallPenalty,
    minRunSlots: vehicle.minRunSlots,
    minGapSlots: vehicle.minGapSlots,
    startCost: vehicle.startCostPence * MWH_PER_KWH,
  };
  const answer = (cost: number): Answer => ({
    kw: Float64Array.from(energy, (one) => one / MWH_PER_KWH / slotHours),
    atPricesPence: cost / MWH_PER_KWH,
  });
  if (vehicle.deadlines.length > 0)
    throw new PlanInputError(vehicle.id, "deadlines", "cannot be combined with run rules");
  if (vehicle.power === "on-off") {
    const load = { ...common, slotWh: units(vehicle.maxKw * slotHours), maxStarts: vehicle.maxStarts };
    const { mostOn, mostStarts } = runSize(load);
    const work = runWorkspace(slots, mostOn, mostStarts);
    return (price) => answer(switchCheapest(load, price, energy, work).cost);
  }
  if (Number.isFinite(vehicle.maxStarts)) {
    throw new PlanInputError(vehicle.id, "maxStarts", "is for loads that are on or off");
  }
  const minimumKw = vehicle.power === "semi-continuous" ? vehicle.minKw : 0;
  const load = {
    ...common,
    minimumWh: units(minimumKw * slotHours),
    limitWh: new Int32Array(slots).fill(units(vehicle.maxKw * slotHours)),
  };
  const quantumWh = exactQuantumWh(load);
  if (load.maxWh / quantumWh > MOST_QUANTA) {
    throw new PlanInputError(
      vehicle.id,
      "minRunSlots",
      "needs energies and powers with a common step (such as 0.1 kWh)",
    );
  }
  const work = quantaWorkspace(slots, load.maxWh / quantumWh, vehicle.minRunSlots);
  return (price) => answer(modulateCheapest({ ...load, quantumWh }, price, energy, work).cost);
}

/**
 * Column generation: the program chooses a mixture of whole schedules for every vehicle with run rules, and its prices ask
 * the oracles for better ones until there are none. The bound is Lagrangian: the rest of the program at its prices, and every
 * vehicle's best at them; it counts the run rules, which a relaxation of them does not.
 */
export function generateColumns(
  problem: Problem,
  model: Model,
  vehicles: readonly Vehicle[],
  oracles: ReadonlyMap<string, Oracle>,
): ColumnSet {
  const { program } = model;
  const compact = program.cost.length;
  const upper = program.upper.slice();
  const oneOf = new Map(vehicles.map((vehicle) => [vehicle.id, program.row(1, 1)]));
  const columns: Column[] = [];
  let boundPence = Number.NEGATIVE_INFINITY;
  for (const vehicle of vehicles) addColumn(problem, model, columns, oneOf, vehicle, new Float64Array(problem.slots));

  let basis: Int32Array | undefined;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const simplex = new Simplex(program, basis);
    if (simplex.solve() === "infeasible") break;
    basis = simplex.basis();
    const rowPrice = simplex.rowPrices();
    const asked = rowPrice.slice();
    for (const row of oneOf.values()) asked[row] = 0;
    const free = program.cost.length - compact;
    let bound = provenBound(
      program,
      asked,
      [...program.lower.slice(0, compact), ...new Array(free).fill(0)],
      [...upper, ...new Array(free).fill(0)],
    );
    let isBetter = false;
    for (const vehicle of vehicles) {
      const { kw, atPricesPence } = (oracles.get(vehicle.id) as Oracle)(pricesOf(problem, model, vehicle, rowPrice));
      bound += atPricesPence;
      if (atPricesPence - (rowPrice[oneOf.get(vehicle.id) as number] as number) > -1e-7) continue;
      addColumn(problem, model, columns, oneOf, vehicle, kw);
      isBetter = true;
    }
    boundPence = Math.max(boundPence, bound);
    if (!isBetter) break;
  }
  return { columns, boundPence };
}

/** A vehicle's own price less what the shared rows pay it, pence per kWh by slot. */
function pricesOf({ slots, slotHours }: Problem, model: Model, vehicle: Vehicle, rowPrice: Float64Array): Float64Array {
  return Float64Array.from({ length: slots }, (_, t) => {
    let price = vehicle.pricePence?.[t] ?? 0;
    for (const [row, sign] of model.rowsOf(vehicle, t)) price -= ((rowPrice[row] as number) * sign) / slotHours;
    return price;
  });
}

function addColumn(
  problem: Problem,
  model: Model,
  columns: Column[],
  oneOf: ReadonlyMap<string, number>,
  vehicle: Vehicle,
  kw: Float64Array,
): void {
  const costPence = ownCost(problem, vehicle, kw);
  const variable = model.program.variable(costPence, 0, 1);
  model.program.entry(oneOf.get(vehicle.id) as number, variable, 1);
  for (const [t, power] of kw.entries()) {
    if (power === 0) continue;
    for (const [row, sign] of model.rowsOf(vehicle, t)) model.program.entry(row, variable, sign * power);
  }
  columns.push({ asset: vehicle, kw, costPence, variable });
}

/** Energy at its own price, starts and shortfall. */
function ownCost({ slotHours }: Problem, vehicle: Vehicle, kw: Float64Array): number {
  let cost = 0;
  let kwh = 0;
  for (const [t, power] of kw.entries()) {
    cost += slotHours * power * (vehicle.pricePence?.[t] ?? 0);
    kwh += slotHours * power;
    if (power > 0 && !((kw[t - 1] ?? 0) > 0)) cost += vehicle.startCostPence;
  }
  return cost + vehicle.shortfallPenalty * Math.max(vehicle.minKwh - kwh, 0);
}
