import { HOUR_MS, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { type CostSlot, cutEvery } from "../costs.ts";

/** Slots of one length that a portfolio is planned on; the first has begun already. */
export type Grid = { startMs: number; stepMs: number; slots: number };

/** What the engine takes at most. */
const MOST_SLOTS = 254;
const STEPS_MIN = [30, 15, 10, 5];

/** The longest steps that have an edge wherever a price changes, over [fromMs, the latest end of `slots`). */
export function gridOver(rows: readonly (readonly CostSlot[])[], fromMs: number): Grid {
  let endMs = fromMs;
  const edges = new Set<number>();
  for (const slots of rows) {
    endMs = Math.max(endMs, slots.at(-1)?.endMs ?? fromMs);
    for (const { startMs } of slots) if (startMs > fromMs) edges.add(startMs);
  }
  const grids = STEPS_MIN.map((minutes): Grid => {
    const stepMs = minutes * MINUTE_MS;
    const startMs = Math.floor(fromMs / stepMs) * stepMs;
    return { startMs, stepMs, slots: Math.max(1, Math.ceil((endMs - startMs) / stepMs)) };
  }).filter(({ slots }) => slots <= MOST_SLOTS);
  const coarsest = grids[0];
  if (!coarsest)
    throw new RangeError(`a horizon of ${(endMs - fromMs) / HOUR_MS} h does not fit into ${MOST_SLOTS} slots`);
  const fits = ({ stepMs }: Grid) => [...edges].every((edge) => edge % stepMs === 0);
  return grids.find(fits) ?? (grids.at(-1) as Grid);
}

export function slotStartMs({ startMs, stepMs }: Grid, slot: number): number {
  return startMs + slot * stepMs;
}

export function slotAt({ startMs, stepMs }: Grid, ms: number): number {
  return Math.floor((ms - startMs) / stepMs);
}

/** Cuts slots at the grid's edges, which are whole multiples of its step. */
export function onGrid({ stepMs }: Grid, slots: readonly CostSlot[]): CostSlot[] {
  return cutEvery(slots, stepMs);
}
