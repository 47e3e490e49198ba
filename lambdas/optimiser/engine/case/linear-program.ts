/**
 * A linear program under construction: minimise cost · x where every row lies between its limits and every variable between
 * its bounds, all of them finite: that is what lets the simplex start anywhere and the bound be proven apart from it.
 */
export class LinearProgram {
  readonly cost: number[] = [];
  readonly lower: number[] = [];
  readonly upper: number[] = [];
  readonly rowLower: number[] = [];
  readonly rowUpper: number[] = [];
  /** Entries of each variable's column: rows, and factors beside them. */
  readonly columnRows: number[][] = [];
  readonly columnFactors: number[][] = [];

  /** A variable that may as well stand for the row from the start: fewer pivots for rows that are equations. */
  readonly natural = new Map<number, number>();

  variable(cost: number, lower: number, upper: number): number {
    this.columnRows.push([]);
    this.columnFactors.push([]);
    this.lower.push(lower);
    this.upper.push(upper);
    return this.cost.push(cost) - 1;
  }

  row(lower: number, upper: number): number {
    this.rowLower.push(lower);
    return this.rowUpper.push(upper) - 1;
  }

  entry(row: number, variable: number, factor: number): void {
    if (factor === 0) return;
    (this.columnRows[variable] as number[]).push(row);
    (this.columnFactors[variable] as number[]).push(factor);
  }
}

/**
 * The least any solution can cost, given any prices of the rows (Lagrangian duality): each variable takes the bound that its
 * reduced cost prefers. True for whatever prices, so the certificate does not rest on the simplex.
 * @param rowPrice cost of raising a row's activity by one
 */
export function provenBound(
  program: LinearProgram,
  rowPrice: Float64Array,
  lower: ArrayLike<number> = program.lower,
  upper: ArrayLike<number> = program.upper,
): number {
  return leastOf(program, program.cost, rowPrice, lower, upper);
}

/** Whether these prices of the rows prove that nothing is feasible (Farkas): were everything free, it would still cost something. */
export function isProvenEmpty(
  program: LinearProgram,
  rowPrice: Float64Array,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
): boolean {
  return leastOf(program, null, rowPrice, lower, upper) > 1e-10;
}

function leastOf(
  program: LinearProgram,
  cost: readonly number[] | null,
  rowPrice: Float64Array,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
): number {
  let bound = 0;
  const price = rowPrice.slice();
  for (const [row, at] of price.entries()) {
    const limit = (at >= 0 ? program.rowLower[row] : program.rowUpper[row]) as number;
    if (Number.isFinite(limit)) bound += at * limit;
    else price[row] = 0;
  }
  for (let j = 0; j < program.cost.length; j++) {
    const rows = program.columnRows[j] as number[];
    const factors = program.columnFactors[j] as number[];
    let reduced = cost ? (cost[j] as number) : 0;
    for (let k = 0; k < rows.length; k++) reduced -= (price[rows[k] as number] as number) * (factors[k] as number);
    bound += reduced * ((reduced >= 0 ? lower[j] : upper[j]) as number);
  }
  return bound;
}

/** Every row's natural variable, or its slack. */
export function naturalBasis(program: LinearProgram): Int32Array {
  const rows = program.rowLower.length;
  return Int32Array.from({ length: rows }, (_, i) => {
    const natural = program.natural.get(i);
    return natural === undefined ? i : rows + natural;
  });
}
