/** A few jobs under one limit, slot by slot: what each takes, may take and costs. Rows of `slots` by job. */
export type Shared = {
  slots: number;
  /** Wh; changed in place. */
  energyWh: Float64Array;
  /** Least when on and most, Wh; 0 most outside a job's window. */
  leastWh: Float64Array;
  mostWh: Float64Array;
  pence: Float64Array;
  /** Of the limit, what nobody takes, Wh; changed in place. */
  spareWh: Float64Array;
};

/** One way to mend a cell: energy changes of cells, in pairs of index and Wh. */
type Mend = { cost: number; changes: readonly (readonly [cell: number, wh: number])[] };

/**
 * Removes what lies between nothing and the least a charger gives, at the least cost: a cell is raised to its least or
 * emptied, what that takes or frees is another slot of the same job, and where a slot is full another job trades with it.
 * Among jobs of one price a trade is free, so few that share a site come as close to the optimum of any power as their
 * leasts allow. What cannot be mended stays as it is.
 */
export function mendSmall(shared: Shared): void {
  const { slots, energyWh, leastWh } = shared;
  // Each mend removes one small cell and makes none.
  for (let found = true; found; ) {
    found = false;
    let best: Mend | undefined;
    for (let cell = 0; cell < energyWh.length; cell++) {
      const wh = energyWh[cell] as number;
      if (wh <= 0 || wh >= (leastWh[cell] as number)) continue;
      for (const by of [(leastWh[cell] as number) - wh, -wh]) {
        const mend = cheapest(shared, cell, by, slots);
        if (mend && (!best || mend.cost < best.cost)) best = mend;
      }
      if (best) break;
    }
    if (best) {
      for (const [cell, wh] of best.changes) {
        energyWh[cell] = (energyWh[cell] as number) + wh;
        shared.spareWh[cell % slots] = (shared.spareWh[cell % slots] as number) - wh;
      }
      found = true;
    }
  }
}

/** The cheapest way to change a cell by `by`, its job's energy and the limit kept. */
function cheapest(shared: Shared, cell: number, by: number, slots: number): Mend | undefined {
  const { energyWh, pence, spareWh } = shared;
  const row = cell - (cell % slots);
  const t = cell % slots;
  let best: Mend | undefined;
  const consider = (cost: number, changes: Mend["changes"]) => {
    if (!best || cost < best.cost - 1e-9) best = { cost, changes };
  };
  for (let s = 0; s < slots; s++) {
    const other = row + s;
    if (s === t || !isSound(shared, other, -by)) continue;
    const cost = by * ((pence[cell] as number) - (pence[other] as number));
    const fits = (slot: number, wh: number) => wh <= 0 || (spareWh[slot] as number) >= wh;
    if (fits(t, by) && fits(s, -by))
      consider(cost, [
        [cell, by],
        [other, -by],
      ]);
    // The partner does the opposite in both slots, so that neither slot's sum changes.
    for (let partner = 0; partner < energyWh.length; partner += slots) {
      if (partner === row) continue;
      const [there, elsewhere] = [partner + t, partner + s];
      if (!isSound(shared, there, -by) || !isSound(shared, elsewhere, by)) continue;
      const trade = by * ((pence[elsewhere] as number) - (pence[there] as number));
      consider(cost + trade, [
        [cell, by],
        [other, -by],
        [there, -by],
        [elsewhere, by],
      ]);
    }
  }
  return best;
}

/** Whether a cell may change by so much: to nothing, or to between its least and its most. */
function isSound({ energyWh, leastWh, mostWh }: Shared, cell: number, by: number): boolean {
  const wh = (energyWh[cell] as number) + by;
  return Math.abs(wh) < 1e-6 || (wh >= (leastWh[cell] as number) - 1e-6 && wh <= (mostWh[cell] as number) + 1e-6);
}
