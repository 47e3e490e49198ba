import { round } from "../../shared/domain/units.ts";

/** Energy, and what it cost and emitted. */
export type Bill = { energyKwh: number; costPence: number; carbonGrams: number };

/** The sum of bills. */
export function total(bills: readonly Bill[]): Bill {
  return bills.reduce<Bill>(
    (sum, bill) => ({
      energyKwh: sum.energyKwh + bill.energyKwh,
      costPence: sum.costPence + bill.costPence,
      carbonGrams: sum.carbonGrams + bill.carbonGrams,
    }),
    { energyKwh: 0, costPence: 0, carbonGrams: 0 },
  );
}

/** A bill without a part of it. */
export function less(bill: Bill, part: Bill): Bill {
  return {
    energyKwh: bill.energyKwh - part.energyKwh,
    costPence: bill.costPence - part.costPence,
    carbonGrams: bill.carbonGrams - part.carbonGrams,
  };
}

/** What is spared by `actual` against `otherwise`, percent of the latter; 0 where that is nothing. */
export function saved(actual: Bill, otherwise: Bill): { costPercent: number; carbonPercent: number } {
  return {
    costPercent: percent(otherwise.costPence - actual.costPence, otherwise.costPence),
    carbonPercent: percent(otherwise.carbonGrams - actual.carbonGrams, otherwise.carbonGrams),
  };
}

/** A share in percent; 0 of nothing. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : round((100 * part) / whole, 2);
}
