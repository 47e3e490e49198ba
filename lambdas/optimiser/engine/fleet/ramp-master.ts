import { LinearProgram } from "../case/linear-program.ts";
import { Simplex } from "../case/simplex.ts";
import type { Fleet } from "./problem.ts";

/** What one block of assets takes per slot, Wh, and pays, in cost units. */
export type Column = { block: number; loadWh: Float64Array; cost: number };

/** The best mix of columns: its cost, its load per slot, and the prices that say which further columns would help. */
export type Mix = {
  cost: number;
  loadWh: Float64Array;
  /** Of a kWh in a slot, of a kWh of ramp (signed: dear to rise, dear to fall) into a slot; cost units per Wh. */
  slotPrice: Float64Array;
  rampPrice: Float64Array;
  /** What a block may cost at most with its slots paid, for its column to be none that helps. */
  blockCost: Float64Array;
};

/**
 * The linear program over the load of the fleet alone: each block mixes its columns, the sum of all keeps caps and
 * ramps. It has two rows per slot and one per block, however many assets there are (Dantzig and Wolfe 1960).
 */
export class RampMaster {
  readonly #program = new LinearProgram();
  readonly #slots: number;
  readonly #load: number[] = [];
  readonly #balance: number[] = [];
  readonly #ramp: number[] = [];
  readonly #share: number[] = [];
  /** Loads and costs are scaled to be near 1. */
  readonly #unitWh: number;
  #basis: Int32Array | undefined;

  /** @param blockCosts what each block pays when it takes nothing at all, which keeps every cap and ramp */
  constructor({ slots, fleetCap, total }: Fleet, blockCosts: ArrayLike<number>) {
    const program = this.#program;
    let totalWh = 0;
    for (const wh of total) totalWh += wh;
    this.#slots = slots;
    this.#unitWh = Math.max(1, totalWh / slots);
    const most = totalWh / this.#unitWh;
    for (let t = 0; t < slots; t++) {
      const load = program.variable(0, 0, Math.min(most, fleetCap[t]! / this.#unitWh));
      const balance = program.row(0, 0);
      program.entry(balance, load, -1);
      this.#load.push(load);
      this.#balance.push(balance);
      if (t === 0) continue;
      const row = program.row(-most, most);
      program.entry(row, load, 1);
      program.entry(row, this.#load[t - 1]!, -1);
      this.#ramp.push(row);
    }
    const nothing = new Float64Array(slots);
    for (let block = 0; block < blockCosts.length; block++) {
      this.#share.push(program.row(1, 1));
      program.natural.set(this.#share[block]!, this.add({ block, loadWh: nothing, cost: blockCosts[block]! }));
    }
  }

  add({ block, loadWh, cost }: Column): number {
    const program = this.#program;
    const share = program.variable(cost / this.#unitWh / PRICE, 0, 1);
    for (let t = 0; t < this.#slots; t++) program.entry(this.#balance[t]!, share, loadWh[t]! / this.#unitWh);
    program.entry(this.#share[block]!, share, 1);
    return share;
  }

  /** Null where rounding has made the program look impossible, which it is not. */
  solve(rampWh: number): Mix | null {
    for (const row of this.#ramp) {
      this.#program.rowLower[row] = -rampWh / this.#unitWh;
      this.#program.rowUpper[row] = rampWh / this.#unitWh;
    }
    const simplex = new Simplex(this.#program, this.#basis);
    if (simplex.solve() !== "optimal") return null;
    this.#basis = simplex.basis();
    const price = simplex.rowPrices();
    const rampPrice = new Float64Array(this.#slots);
    for (let t = 1; t < this.#slots; t++) rampPrice[t] = -price[this.#ramp[t - 1]!]! * PRICE;
    return {
      cost: simplex.objective() * this.#unitWh * PRICE,
      loadWh: Float64Array.from(this.#load, (load) => simplex.at(load) * this.#unitWh),
      slotPrice: Float64Array.from(this.#balance, (row) => -price[row]! * PRICE),
      rampPrice,
      blockCost: Float64Array.from(this.#share, (row) => price[row]! * this.#unitWh * PRICE),
    };
  }
}

/** Cost units per Wh in a penny per kWh. */
const PRICE = 1e4;
