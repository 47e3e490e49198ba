import type { FleetInput } from "../engine/fleet/problem.ts";
import type { Ask } from "./ask.ts";
import { type Grid, slotAt } from "./grid.ts";

/** Fewer loads than this are no herd: together they are less than a street. */
const FROM_LOADS = 200;
/**
 * A soft cap at this multiple of what the fleet would draw if everybody spread its energy evenly. Exact optima of a fleet
 * of 20,000 cost 0.6 % more at a peak of 45 MW than at the 107 MW of everybody's cheapest half-hour, whose even spread is
 * some 15 to 20 MW.
 */
const TIMES_EVEN = 2.5;
/** The most of one load of the engine in a slot. */
const MOST_WH = 100_000_000;
/** What a kWh above it is worth avoiding, pence. */
const HERD_PENCE = 2;

export function isHerd(loads: number): boolean {
  return loads >= FROM_LOADS;
}

/** What all may draw in a slot before it costs more, Wh; undefined where the fleet is too small to matter. */
export function softCapWh(asks: readonly Ask[], grid: Grid): number | undefined {
  if (!isHerd(asks.length)) return undefined;
  const evenWh = new Float64Array(grid.slots);
  for (const { pieces, leftKwh } of asks) {
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (!first || !last) continue;
    const [from, to] = [slotAt(grid, first.startMs), slotAt(grid, last.endMs - 1) + 1];
    for (let slot = from; slot < to; slot++) evenWh[slot] = (evenWh[slot] as number) + (leftKwh * 1000) / (to - from);
  }
  return Math.ceil(TIMES_EVEN * Math.max(...evenWh));
}

/**
 * The fleet with a soft cap: in each slot one load more that nobody has, which wants all between the soft cap and what
 * could be drawn at most, and can only be turned away at `HERD_PENCE` a kWh. Whoever goes above the soft cap pays that.
 */
export function withSoftCap(input: FleetInput, capWh: number, priceUnits: number): FleetInput {
  const { slots, assets } = input;
  const hardWh = input.fleetCapWh ?? [];
  const mostWh = new Float64Array(slots);
  for (let i = 0; i < assets.count; i++) {
    const [from, to] = [assets.fromSlot[i] as number, assets.toSlot[i] as number];
    for (let slot = from; slot < to; slot++) mostWh[slot] = (mostWh[slot] as number) + (assets.limitWh[i] as number);
  }
  const turnedAway = Array.from({ length: slots }, (_, slot) => {
    const most = Math.min(hardWh[slot] ?? Number.POSITIVE_INFINITY, mostWh[slot] as number);
    return Math.max(0, Math.floor(most) - capWh);
  });
  // A load of the engine is at most 100 MWh a slot: more stand side by side.
  const parts = turnedAway.flatMap((wh, slot) =>
    Array.from({ length: Math.ceil(wh / MOST_WH) }, (_, part) => ({
      slot,
      wh: Math.min(MOST_WH, wh - part * MOST_WH),
    })),
  );
  const classes = input.price.length / slots;
  const groups = (input.groupCapWh?.length ?? slots) / slots;
  const join = (values: ArrayLike<number>, more: (part: (typeof parts)[number]) => number) => [
    ...Array.from(values),
    ...parts.map(more),
  ];
  return {
    ...input,
    price: [...Array.from(input.price), ...new Array<number>(slots).fill(0)],
    fleetCapWh: Array.from({ length: slots }, (_, slot) =>
      (turnedAway[slot] as number) > 0
        ? Math.min(hardWh[slot] ?? Number.POSITIVE_INFINITY, Math.floor(mostWh[slot] as number))
        : (hardWh[slot] ?? Number.POSITIVE_INFINITY),
    ),
    assets: {
      count: assets.count + parts.length,
      fromSlot: join(assets.fromSlot, ({ slot }) => slot),
      toSlot: join(assets.toSlot, ({ slot }) => slot + 1),
      limitWh: join(assets.limitWh, ({ wh }) => wh),
      energyWh: join(assets.energyWh, ({ wh }) => wh),
      priceClass: join(assets.priceClass, () => classes),
      shortfallPrice: join(assets.shortfallPrice, () => HERD_PENCE * priceUnits),
      ...(assets.ids && { ids: [...assets.ids, ...parts.map(({ slot }) => `soft cap of slot ${slot}`)] }),
      ...(assets.headWh && { headWh: join(assets.headWh, ({ wh }) => wh) }),
      ...(assets.tailWh && { tailWh: join(assets.tailWh, ({ wh }) => wh) }),
      ...(assets.minimumWh && { minimumWh: join(assets.minimumWh, () => 0) }),
      ...(assets.group && { group: join(assets.group, () => groups - 1) }),
    },
  };
}

/** What a load above the soft cap is worth avoiding, pence. */
export function crowdingPence(loadWh: Float64Array, capWh: number | undefined): number {
  if (capWh === undefined) return 0;
  return loadWh.reduce((sum, wh) => sum + (Math.max(0, wh - capWh) / 1000) * HERD_PENCE, 0);
}
