import type { Budget } from "../../shared/integration/budget.ts";

/** A vendor that may be called at will, and a fleet that may start at once. */
export function unlimitedBudget(): Budget {
  return {
    lease: async (_cls, assets) => ({ granted: [...assets], refused: [] }),
    settle: async () => {},
    block: async () => {},
    ramp: async () => ({ granted: true }),
  };
}
