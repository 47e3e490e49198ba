import { fakeHabitsStore } from "./habits-store.ts";
import { CARBON, PRICE } from "./optimiser-world.ts";

/** What the optimiser has beside stores, bus and clock, for a fleet that one invocation can plan. */
export function oneInvocation() {
  return {
    remainingMs: () => 60_000,
    habits: fakeHabitsStore(),
    fleets: ["main"],
    region: "C",
    series: { price: PRICE, carbon: CARBON } as const,
    later: async () => {
      throw new Error("more work than one invocation can do");
    },
  };
}
