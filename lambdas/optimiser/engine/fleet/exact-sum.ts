/**
 * A sum of whole numbers that stays exact beyond 2^53: two limbs, `high * LIMB + low`, each a whole number. One term may
 * be as large as 2^52.
 */
export type ExactSum = { high: number; low: number };

const LIMB = 2 ** 40;

export const exactSum = (): ExactSum => ({ high: 0, low: 0 });

export function add(sum: ExactSum, term: number): void {
  const low = sum.low + term;
  if (low > -LIMB && low < LIMB) {
    sum.low = low;
    return;
  }
  const carry = Math.trunc(low / LIMB);
  sum.high += carry;
  sum.low = low - carry * LIMB;
}

/** Adds `count` times `term` where the product itself may pass 2^53. */
export function addProduct(sum: ExactSum, count: number, term: number): void {
  const high = Math.trunc(count / 2 ** 20);
  add(sum, (count - high * 2 ** 20) * term);
  const part = high * term;
  const carry = Math.trunc(part / 2 ** 20);
  sum.high += carry;
  add(sum, (part - carry * 2 ** 20) * 2 ** 20);
}

/** Exact where the difference fits a double: what a gap is. */
export const difference = (a: ExactSum, b: ExactSum): number => (a.high - b.high) * LIMB + (a.low - b.low);

/** Rounded to the nearest double. */
export const toNumber = (sum: ExactSum): number => sum.high * LIMB + sum.low;
