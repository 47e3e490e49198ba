import type { Proof, Window } from "../../../shared/domain/plan.ts";
import type { FleetPlan } from "../engine/fleet/fleet.ts";
import { boundPence, costOf, objectivePence, proofOf, SHORTFALL_PENCE } from "../objective.ts";
import type { Ask } from "./ask.ts";
import { type Grid, onGrid, slotAt } from "./grid.ts";
import { PRICE_UNITS } from "./pack.ts";

/** What an ask got in the end; what it misses by rounding is forgiven, and counted as if bought at its dearest. */
export type Outcome = { ask: Ask; windows: readonly Window[]; shortfallKwh: number; forgivenKwh: number };

/** What a kWh of shared capacity is worth in a slot, pence: of the portfolio and of the ask's site. */
export function worthPence({ site }: Ask, slot: number, fleet: FleetPlan, grid: Grid): number {
  const ofSite = site === undefined ? 0 : (fleet.groupPrices[site * grid.slots + slot] ?? 0);
  return ((fleet.slotPrices[slot] ?? 0) + ofSite) / PRICE_UNITS;
}

/** How good one job's windows are, alone or at what shared capacity is worth; undefined where a price is unknown. */
export function jobProof(
  { ask, windows, shortfallKwh }: Outcome,
  index: number,
  fleet: FleetPlan,
  grid: Grid,
): Proof | undefined {
  const { whole } = ask.job;
  const deliveredKwh = whole.energyKwh - shortfallKwh;
  if (deliveredKwh <= 0 || whole.slots.some((slot) => slot.costPencePerKwh === null)) return undefined;
  const worth = (slot: number) => worthPence(ask, slot, fleet, grid);
  let rentPence = 0;
  for (let slot = 0; slot < grid.slots; slot++) rentPence += (worth(slot) * fleet.energyWh(index, slot)) / 1000;
  const slots = onGrid(grid, whole.slots);
  const bound = boundPence({ ...whole, slots }, deliveredKwh, (slot) => worth(slotAt(grid, slot.startMs)));
  return proofOf(objectivePence(windows, whole.slots, deliveredKwh), bound - rentPence);
}

/**
 * All jobs together: the engine's bound with what was settled before it was asked (heads, what must not wait, what no power
 * could deliver). A load above the soft cap costs both what that is worth avoiding. What is not delivered is left out of both figures and stands beside them.
 */
export function certificate(
  outcomes: readonly Outcome[],
  fleet: FleetPlan,
  crowdingPence: number,
): Proof & { shortfallKwh: number } {
  let [objective, bound, shortfallKwh] = [crowdingPence, fleet.boundPence, 0];
  for (const { ask, windows, shortfallKwh: short, forgivenKwh } of outcomes) {
    const { whole, head, problem } = ask.job;
    const placedKwh = ask.placed.reduce((sum, { energyKwh }) => sum + energyKwh, 0);
    objective += objectivePence(windows, whole.slots, whole.energyKwh);
    if (forgivenKwh > 0) objective += forgivenKwh * Math.max(0, ...whole.slots.map(costOf));
    shortfallKwh += short;
    bound += ask.placed.reduce((sum, { piece, energyKwh }) => sum + energyKwh * costOf(piece), 0);
    bound += SHORTFALL_PENCE * Math.max(0, problem.energyKwh - ask.leftKwh - placedKwh);
    if (head) bound += objectivePence([head], whole.slots, head.energyKwh);
  }
  return { ...proofOf(objective, bound - SHORTFALL_PENCE * shortfallKwh), shortfallKwh };
}
