/** The smallest number that may stand in a pivot. */
export const PIVOT = 1e-8;

/** The dense inverse of a basis of some hundreds of rows; its zeros are skipped, and there are many. */
export class BasisInverse {
  readonly rows: number;
  private readonly matrix: Float64Array;
  /** Columns that are not zero in the vector or row at hand. */
  private readonly filled: Int32Array;

  constructor(rows: number) {
    this.rows = rows;
    this.matrix = new Float64Array(rows * rows);
    this.filled = new Int32Array(rows);
  }

  /** A view: it changes with the matrix. */
  row(i: number): Float64Array {
    return this.matrix.subarray(i * this.rows, (i + 1) * this.rows);
  }

  /** into = inverse × vector. */
  times(vector: Float64Array, into: Float64Array): void {
    const { rows, matrix, filled } = this;
    let found = 0;
    for (let c = 0; c < rows; c++) if (vector[c] !== 0) filled[found++] = c;
    for (let i = 0; i < rows; i++) {
      const at = i * rows;
      let sum = 0;
      for (let f = 0; f < found; f++) {
        const c = filled[f] as number;
        sum += (matrix[at + c] as number) * (vector[c] as number);
      }
      into[i] = sum;
    }
  }

  /** into += vector × inverse. */
  addLeft(vector: Float64Array, into: Float64Array): void {
    const { rows, matrix } = this;
    for (let i = 0; i < rows; i++) {
      const factor = vector[i] as number;
      if (factor === 0) continue;
      const at = i * rows;
      for (let c = 0; c < rows; c++) into[c] = (into[c] as number) + factor * (matrix[at + c] as number);
    }
  }

  /** The basic variable of row `leaving` is replaced by one whose column, times the inverse, is `column`. */
  replace(leaving: number, column: Float64Array): void {
    const { rows, matrix, filled } = this;
    const row = leaving * rows;
    const pivot = column[leaving] as number;
    let found = 0;
    for (let c = 0; c < rows; c++) {
      if (matrix[row + c] === 0) continue;
      filled[found++] = c;
      matrix[row + c] = (matrix[row + c] as number) / pivot;
    }
    for (let i = 0; i < rows; i++) {
      const factor = column[i] as number;
      if (i === leaving || factor === 0) continue;
      const at = i * rows;
      for (let f = 0; f < found; f++) {
        const c = filled[f] as number;
        matrix[at + c] = (matrix[at + c] as number) - factor * (matrix[row + c] as number);
      }
    }
  }

  /**
   * From scratch, by Gauss and Jordan with row pivoting. Members get new rows; where they depend on one another, the rows left
   * over keep their slack.
   * @param columnOf writes a member's column into a vector of zeros
   * @returns the member of each row, or -1 for its slack
   */
  invert(members: readonly number[], columnOf: (member: number, into: Float64Array) => void): Int32Array {
    const { rows, matrix } = this;
    const memberOf = new Int32Array(rows).fill(-1);
    const right = new Float64Array(rows);
    const column = new Float64Array(rows);
    matrix.fill(0);
    for (let i = 0; i < rows; i++) matrix[i * rows + i] = 1;
    for (const member of members) {
      columnOf(member, right.fill(0));
      this.times(right, column);
      let pivotRow = -1;
      let size = PIVOT;
      for (let i = 0; i < rows; i++) {
        if (memberOf[i] !== -1 || Math.abs(column[i] as number) <= size) continue;
        size = Math.abs(column[i] as number);
        pivotRow = i;
      }
      if (pivotRow < 0) continue;
      this.replace(pivotRow, column);
      memberOf[pivotRow] = member;
    }
    return memberOf;
  }
}
