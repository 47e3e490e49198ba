import highsModule, { type Highs } from "highs";
import type { FleetInput } from "../../lambdas/optimiser/engine/fleet/problem.ts";

/** The package's types describe its CommonJS build, where the loader is under `default`; its ES module is the loader. */
export const loadHighs = highsModule as unknown as typeof highsModule.default;

export type Yardstick = { optimal: boolean; costPence: number; ms: number };

/** The same linear problem by a general solver: kWh and pence, sparse columns, one row per asset, slot and group cell. */
export function solveByHighs(highs: Highs, input: FleetInput, limitSeconds: number): Yardstick {
  const { slots, assets } = input;
  const groups = (input.groupCapWh?.length ?? 0) / slots;
  const steps = input.rampWh === undefined ? 0 : slots - 1;
  const firstStep = assets.count + slots + groups * slots;
  const numRows = firstStep + steps;
  const cost: number[] = [];
  const upper: number[] = [];
  const starts: number[] = [0];
  const indices: number[] = [];
  const rowLower = new Float64Array(numRows);
  const rowUpper = new Float64Array(numRows);
  const values: number[] = [];
  const column = (pence: number, mostKwh: number, rows: readonly number[], falls?: number) => {
    cost.push(pence);
    upper.push(mostKwh);
    indices.push(...rows);
    for (const row of rows) values.push(row === falls ? -1 : 1);
    starts.push(indices.length);
  };
  const at = (values: ArrayLike<number>, i: number) => values[i] as number;
  for (let i = 0; i < assets.count; i++) {
    const needKwh = at(assets.energyWh, i) / 1000;
    const mostKwh = assets.maximumWh === undefined ? needKwh : at(assets.maximumWh, i) / 1000;
    rowLower[i] = mostKwh;
    rowUpper[i] = mostKwh;
    const from = at(assets.fromSlot, i);
    const to = at(assets.toSlot, i);
    for (let t = from; t < to; t++) {
      const rows = [i, assets.count + t];
      if (groups > 0)
        rows.push(assets.count + slots + (assets.group === undefined ? 0 : at(assets.group, i)) * slots + t);
      if (steps > 0 && t > 0) rows.push(firstStep + t - 1);
      if (steps > 0 && t < slots - 1) rows.push(firstStep + t);
      const partial = t === from ? assets.headWh : t === to - 1 ? assets.tailWh : undefined;
      const mostWh = at(partial ?? assets.limitWh, i);
      column(at(input.price, at(assets.priceClass, i) * slots + t) / 1e4, mostWh / 1000, rows, firstStep + t);
    }
    column(at(assets.shortfallPrice, i) / 1e4, mostKwh, [i]);
    if (mostKwh > needKwh) column(0, mostKwh - needKwh, [i]);
  }
  for (let t = 0; t < slots; t++) {
    rowLower[assets.count + t] = -highs.infinity;
    rowUpper[assets.count + t] = input.fleetCapWh === undefined ? highs.infinity : at(input.fleetCapWh, t) / 1000;
  }
  for (let cell = 0; cell < groups * slots; cell++) {
    rowLower[assets.count + slots + cell] = -highs.infinity;
    rowUpper[assets.count + slots + cell] = at(input.groupCapWh as ArrayLike<number>, cell) / 1000;
  }
  for (let t = 0; t < steps; t++) {
    rowLower[firstStep + t] = -(input.rampWh as number) / 1000;
    rowUpper[firstStep + t] = (input.rampWh as number) / 1000;
  }
  const numCols = cost.length;
  const model = highs.createModel({
    numCols,
    numRows,
    colCost: cost,
    colLower: new Float64Array(numCols),
    colUpper: upper,
    rowLower,
    rowUpper,
    matrix: { format: "csc", numRows, numCols, starts, indices, values: values },
  });
  try {
    model.options.set({ output_flag: false, time_limit: limitSeconds });
    const startedMs = performance.now();
    model.run();
    return {
      ms: performance.now() - startedMs,
      optimal: model.getModelStatus() === highs.constants.modelStatus.optimal,
      costPence: model.getObjectiveValue(),
    };
  } finally {
    model.dispose();
  }
}
