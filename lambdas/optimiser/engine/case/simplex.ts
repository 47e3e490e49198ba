import { BasisInverse, PIVOT } from "./basis-inverse.ts";
import { type LinearProgram, naturalBasis } from "./linear-program.ts";

const FEASIBLE = 1e-9;
const REFACTOR_EVERY = 400;
/** Row and column must agree on the pivot; where they drift apart the inverse is made anew. */
const DRIFT = 1e-7;

/**
 * Dual simplex on bounded variables with a dense inverse, for some hundreds of rows. Every variable has two finite bounds, so
 * any basis can be made dual feasible by choosing bounds: there is no first phase, and a solve after new bounds or new
 * columns goes on from the last basis.
 *
 * Indices: row i has the slack i (its activity, negated), structural variable j is rows + j.
 */
export class Simplex {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Values of all variables after a solve. */
  readonly value: Float64Array;
  iterations = 0;
  private isBelow = false;
  private unmended = -1;
  private readonly rows: number;
  private readonly count: number;
  private readonly cost: Float64Array;
  private readonly reduced: Float64Array;
  private readonly basic: Int32Array;
  /** Row of a basic variable, or -1. */
  private readonly placeOf: Int32Array;
  private readonly atUpper: Uint8Array;
  private readonly inverse: BasisInverse;
  private readonly weight: Float64Array;
  private readonly entry: Float64Array;
  private readonly column: Float64Array;
  private readonly tau: Float64Array;
  private readonly flips: Float64Array;
  private readonly candidates: Int32Array;
  private readonly start: Int32Array;
  private readonly entryRow: Int32Array;
  private readonly entryFactor: Float64Array;

  /** @param basis basic variables of an earlier program with the same rows */
  constructor(program: LinearProgram, basis?: Int32Array) {
    const rows = program.rowLower.length;
    const count = rows + program.cost.length;
    this.rows = rows;
    this.count = count;
    this.cost = new Float64Array(count);
    this.lower = new Float64Array(count);
    this.upper = new Float64Array(count);
    this.start = new Int32Array(program.cost.length + 1);
    let entries = 0;
    for (const column of program.columnRows) entries += column.length;
    this.entryRow = new Int32Array(entries);
    this.entryFactor = new Float64Array(entries);
    for (let i = 0; i < rows; i++) {
      this.lower[i] = -(program.rowUpper[i] as number);
      this.upper[i] = -(program.rowLower[i] as number);
    }
    for (let j = 0, k = 0; j < program.cost.length; j++) {
      this.cost[rows + j] = program.cost[j] as number;
      this.lower[rows + j] = program.lower[j] as number;
      this.upper[rows + j] = program.upper[j] as number;
      for (const [e, row] of (program.columnRows[j] as number[]).entries()) {
        this.entryRow[k] = row;
        this.entryFactor[k++] = (program.columnFactors[j] as number[])[e] as number;
      }
      this.start[j + 1] = k;
    }
    this.value = new Float64Array(count);
    this.reduced = new Float64Array(count);
    this.basic = basis ? basis.slice() : naturalBasis(program);
    this.placeOf = new Int32Array(count).fill(-1);
    for (let i = 0; i < rows; i++) this.placeOf[this.basic[i] as number] = i;
    this.atUpper = new Uint8Array(count);
    this.inverse = new BasisInverse(rows);
    this.weight = new Float64Array(rows).fill(1);
    this.entry = new Float64Array(count);
    this.column = new Float64Array(rows);
    this.tau = new Float64Array(rows);
    this.flips = new Float64Array(rows);
    this.candidates = new Int32Array(count);
    this.refactor();
  }

  basis(): Int32Array {
    return this.basic.slice();
  }

  objective(): number {
    let sum = 0;
    for (let k = this.rows; k < this.count; k++) sum += (this.cost[k] as number) * (this.value[k] as number);
    return sum;
  }

  /** Structural variable j's value. */
  at(j: number): number {
    return this.value[this.rows + j] as number;
  }

  bound(j: number, lower: number, upper: number): void {
    this.lower[this.rows + j] = lower;
    this.upper[this.rows + j] = upper;
  }

  /** Prices of the rows at the last basis: what raising a row's activity by one costs. */
  rowPrices(): Float64Array {
    const price = new Float64Array(this.rows);
    this.inverse.addLeft(
      Float64Array.from(this.basic, (k) => this.cost[k] as number),
      price,
    );
    return price;
  }

  /** Prices of the rows that prove a solve's "infeasible": the row that nothing could mend. */
  conflictPrices(): Float64Array {
    const sign = this.isBelow ? -1 : 1;
    return this.inverse.row(this.unmended).map((one) => sign * one);
  }

  /** @param cutoff stop as soon as the objective is proven to be at least this */
  solve(cutoff = Number.POSITIVE_INFINITY): "optimal" | "infeasible" | "cut" {
    this.restart();
    const limit = this.iterations + 50 * (this.count + 100);
    for (let since = 0; ; since++) {
      if (this.iterations > limit)
        throw new Error("the simplex does not end: a fault of the engine, please report the problem");
      if (since > 0 && since % REFACTOR_EVERY === 0) {
        this.refactor();
        this.restart();
      }
      const leaving = this.mostInfeasible();
      if (leaving < 0) return "optimal";
      if (since % 10 === 9 && Number.isFinite(cutoff) && this.objective() >= cutoff) return "cut";
      const entering = this.ratioTest(leaving);
      if (entering < 0) {
        this.unmended = leaving;
        return "infeasible";
      }
      if (!this.pivot(leaving, entering)) {
        this.refactor();
        this.restart();
      }
      this.iterations++;
    }
  }

  /** Nonbasic variables to the bounds their reduced costs ask for, basic values from them. */
  private restart(): void {
    const { rows, count, reduced, cost, lower, upper, value, placeOf, atUpper } = this;
    const price = this.rowPrices();
    for (let k = 0; k < count; k++) {
      if ((placeOf[k] as number) >= 0) {
        reduced[k] = 0;
        continue;
      }
      let d = cost[k] as number;
      if (k < rows) d -= price[k] as number;
      else {
        const j = k - rows;
        for (let e = this.start[j] as number; e < (this.start[j + 1] as number); e++) {
          d -= (price[this.entryRow[e] as number] as number) * (this.entryFactor[e] as number);
        }
      }
      reduced[k] = d;
      const goesUp = d < -1e-12 ? true : d > 1e-12 ? false : (atUpper[k] as number) === 1;
      const isUp = goesUp
        ? (upper[k] as number) < Number.POSITIVE_INFINITY
        : (lower[k] as number) === Number.NEGATIVE_INFINITY;
      atUpper[k] = isUp ? 1 : 0;
      value[k] = (isUp ? upper[k] : lower[k]) as number;
    }
    const right = this.flips.fill(0);
    for (let k = 0; k < count; k++) if ((placeOf[k] as number) < 0) this.addColumn(right, k, -(value[k] as number));
    this.inverse.times(right, this.tau);
    for (let i = 0; i < rows; i++) value[this.basic[i] as number] = this.tau[i] as number;
  }

  private addColumn(into: Float64Array, k: number, factor: number): void {
    if (factor === 0) return;
    if (k < this.rows) {
      into[k] = (into[k] as number) + factor;
      return;
    }
    const j = k - this.rows;
    for (let e = this.start[j] as number; e < (this.start[j + 1] as number); e++) {
      const row = this.entryRow[e] as number;
      into[row] = (into[row] as number) + factor * (this.entryFactor[e] as number);
    }
  }

  private mostInfeasible(): number {
    let worst = 0;
    let place = -1;
    for (let i = 0; i < this.rows; i++) {
      const k = this.basic[i] as number;
      const at = this.value[k] as number;
      const low = this.lower[k] as number;
      const high = this.upper[k] as number;
      const off = at < low ? low - at : at > high ? at - high : 0;
      if (off <= FEASIBLE * (1 + Math.abs(at))) continue;
      const merit = (off * off) / (this.weight[i] as number);
      if (merit > worst) {
        worst = merit;
        place = i;
      }
    }
    return place;
  }

  /**
   * The variable that enters: reduced costs keep their signs, and those passed on the way flip to their other bound while the
   * leaving row stays infeasible (long steps). Fills `entry` with the leaving row.
   */
  private ratioTest(leaving: number): number {
    const { rows, count, entry, reduced, placeOf, atUpper, candidates } = this;
    const k = this.basic[leaving] as number;
    const at = this.value[k] as number;
    const isBelow = at < (this.lower[k] as number);
    this.isBelow = isBelow;
    const row = this.inverse.row(leaving);
    let found = 0;
    for (let v = 0; v < count; v++) {
      if ((placeOf[v] as number) >= 0) continue;
      const low = this.lower[v] as number;
      const high = this.upper[v] as number;
      let alpha = 0;
      if (v < rows) alpha = row[v] as number;
      else {
        const j = v - rows;
        for (let e = this.start[j] as number; e < (this.start[j + 1] as number); e++) {
          alpha += (row[this.entryRow[e] as number] as number) * (this.entryFactor[e] as number);
        }
      }
      entry[v] = alpha;
      if (low === high) continue;
      const toward = isBelow ? alpha : -alpha;
      if ((atUpper[v] as number) === 1 ? toward > PIVOT : toward < -PIVOT) candidates[found++] = v;
    }
    let slope = isBelow ? (this.lower[k] as number) - at : at - (this.upper[k] as number);
    const flips = this.flips.fill(0);
    let hasFlips = false;
    let chosen = -1;
    while (found > 0) {
      // The smallest ratio, and among those close to it the largest pivot.
      let least = Number.POSITIVE_INFINITY;
      for (let c = 0; c < found; c++) {
        const v = candidates[c] as number;
        least = Math.min(least, (Math.abs(reduced[v] as number) + 1e-10) / Math.abs(entry[v] as number));
      }
      let pick = -1;
      let size = 0;
      for (let c = 0; c < found; c++) {
        const v = candidates[c] as number;
        const alpha = Math.abs(entry[v] as number);
        if (Math.abs(reduced[v] as number) / alpha <= least && alpha > size) {
          size = alpha;
          pick = c;
        }
      }
      const v = candidates[pick] as number;
      const range = (this.upper[v] as number) - (this.lower[v] as number);
      const rest = slope - size * range;
      if (!(rest > 0) || found === 1) {
        if (found === 1 && rest > FEASIBLE * (1 + Math.abs(at))) return -1;
        chosen = v;
        break;
      }
      slope = rest;
      candidates[pick] = candidates[--found] as number;
      const isUp = (atUpper[v] as number) === 1;
      this.addColumn(flips, v, isUp ? range : -range);
      atUpper[v] = isUp ? 0 : 1;
      this.value[v] = (isUp ? this.lower[v] : this.upper[v]) as number;
      hasFlips = true;
    }
    if (hasFlips) {
      this.inverse.times(flips, this.tau);
      for (let i = 0; i < rows; i++) {
        const b = this.basic[i] as number;
        this.value[b] = (this.value[b] as number) + (this.tau[i] as number);
      }
    }
    return chosen;
  }

  /** False where the inverse has drifted: nothing has changed then. */
  private pivot(leaving: number, entering: number): boolean {
    const { rows, count, column, tau, inverse, weight, reduced, entry, value, placeOf, basic } = this;
    const right = this.flips.fill(0);
    this.addColumn(right, entering, 1);
    inverse.times(right, column);
    const pivot = column[leaving] as number;
    if (Math.abs(pivot - (entry[entering] as number)) > DRIFT * (1 + Math.abs(pivot))) return false;
    inverse.times(inverse.row(leaving), tau);
    const out = basic[leaving] as number;
    const target = (this.isBelow ? this.lower[out] : this.upper[out]) as number;
    const step = ((value[out] as number) - target) / pivot;
    for (let i = 0; i < rows; i++) {
      const b = basic[i] as number;
      value[b] = (value[b] as number) - step * (column[i] as number);
    }
    value[entering] = (value[entering] as number) + step;
    value[out] = target;

    const theta = (reduced[entering] as number) / pivot;
    for (let v = 0; v < count; v++) {
      if ((placeOf[v] as number) < 0) reduced[v] = (reduced[v] as number) - theta * (entry[v] as number);
    }
    reduced[entering] = 0;
    reduced[out] = -theta;
    this.atUpper[out] = this.isBelow ? 0 : 1;

    const leavingWeight = weight[leaving] as number;
    for (let i = 0; i < rows; i++) {
      const ratio = (column[i] as number) / pivot;
      if (i === leaving || ratio === 0) continue;
      weight[i] = Math.max(
        (weight[i] as number) - 2 * ratio * (tau[i] as number) + ratio * ratio * leavingWeight,
        1e-4,
      );
    }
    weight[leaving] = Math.max(leavingWeight / (pivot * pivot), 1e-4);
    inverse.replace(leaving, column);
    basic[leaving] = entering;
    placeOf[entering] = leaving;
    placeOf[out] = -1;
    return true;
  }

  /** The inverse anew; basic variables may change their rows. */
  private refactor(): void {
    const { rows, basic, placeOf, inverse } = this;
    // Slacks first: their columns are unit vectors and cost nothing.
    const members = [...basic].sort((a, b) => Number(a >= rows) - Number(b >= rows) || a - b);
    const memberOf = inverse.invert(members, (k, into) => this.addColumn(into, k, 1));
    placeOf.fill(-1);
    for (let i = 0; i < rows; i++) {
      basic[i] = memberOf[i] === -1 ? i : (memberOf[i] as number);
      placeOf[basic[i] as number] = i;
    }
    this.weight.fill(1);
  }
}
