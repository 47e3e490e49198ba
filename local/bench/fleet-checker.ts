import type { FleetPlan } from "../../lambdas/optimiser/engine/fleet/fleet.ts";
import type { FleetInput } from "../../lambdas/optimiser/engine/fleet/problem.ts";

export type Inspection = {
  /** Every rule that is broken, the first twenty. */
  breaches: string[];
  maxCapExcessWh: number;
  assetViolations: number;
};

/** Reads every rule of the model from the input and the plan alone, without any code of the planner. */
export function inspect(input: FleetInput, plan: FleetPlan, { minimumPower = false } = {}): Inspection {
  const { slots, assets } = input;
  const breaches: string[] = [];
  const say = (breach: string) => breaches.length < 20 && breaches.push(breach);
  const fleetWh = new Float64Array(slots);
  const groups = (input.groupCapWh?.length ?? slots) / slots;
  const groupWh = new Float64Array(groups * slots);
  let cost = 0n;
  let shortfallWh = 0;
  let assetViolations = 0;
  for (let i = 0; i < assets.count; i++) {
    const wrong: string[] = [];
    const at = (values: ArrayLike<number> | undefined, otherwise = 0) => values?.[i] ?? otherwise;
    const prices = at(assets.priceClass) * slots;
    const group = at(assets.group) * slots;
    const from = at(assets.fromSlot);
    const to = at(assets.toSlot);
    const most = at(assets.limitWh);
    const roomIn = (t: number) =>
      t === from ? at(assets.headWh, most) : t === to - 1 ? at(assets.tailWh, most) : most;
    // The same power for the time that is left of the slot.
    const leastIn = (t: number) => Math.min(roomIn(t), Math.ceil((at(assets.minimumWh) * roomIn(t)) / most));
    let given = 0;
    let paid = 0;
    for (let t = 0; t < slots; t++) {
      const wh = plan.energyWh(i, t);
      if (wh === 0) continue;
      if (!Number.isInteger(wh) || wh < 0) wrong.push(`takes ${wh} Wh in slot ${t}`);
      if (t < from || t >= to) wrong.push(`charges outside its window in slot ${t}`);
      if (wh > roomIn(t)) wrong.push(`takes ${wh} Wh in slot ${t}: over its limit`);
      if (minimumPower && wh < leastIn(t)) wrong.push(`takes ${wh} Wh in slot ${t}: below its minimum`);
      given += wh;
      paid += wh * (input.price[prices + t] as number);
      fleetWh[t] = (fleetWh[t] as number) + wh;
      groupWh[group + t] = (groupWh[group + t] as number) + wh;
    }
    const missing = plan.assetShortfallWh(i);
    const need = at(assets.energyWh);
    const minimum =
      to - from === 1 || to - from === 2 ? Math.max(leastIn(from), leastIn(to - 1)) : at(assets.minimumWh);
    const least = minimumPower && need > 0 && most > 0 ? Math.max(need, minimum) : need;
    if (missing < 0) wrong.push(`has a shortfall of ${missing} Wh`);
    if (given + missing < least) wrong.push(`gets ${given} and misses ${missing} Wh of ${least}`);
    if (given > Math.max(least, at(assets.maximumWh))) wrong.push(`gets ${given} Wh: more than it may`);
    shortfallWh += missing;
    cost += BigInt(paid + missing * at(assets.shortfallPrice));
    if (wrong.length > 0) assetViolations++;
    for (const what of wrong) say(`asset ${i} ${what}`);
  }
  let maxCapExcessWh = 0;
  const hold = (what: string, wh: number, capWh: number) => {
    if (wh > capWh) say(`${what} takes ${wh} Wh of ${capWh}`);
    maxCapExcessWh = Math.max(maxCapExcessWh, wh - capWh);
  };
  for (let t = 0; t < slots; t++) {
    const step = t === 0 ? 0 : Math.abs((fleetWh[t] as number) - (fleetWh[t - 1] as number));
    if (step > (input.rampWh ?? Infinity)) say(`the load changes by ${step} Wh into slot ${t}`);
    hold(`the fleet in slot ${t}`, fleetWh[t] as number, input.fleetCapWh?.[t] ?? Infinity);
    for (let g = 0; g < groups; g++) {
      const cell = g * slots + t;
      hold(`group ${g} in slot ${t}`, groupWh[cell] as number, input.groupCapWh?.[cell] ?? Infinity);
    }
  }
  const costPence = Number(cost) / 1e7;
  if (shortfallWh !== plan.shortfallWh) say(`the shortfall is ${shortfallWh} Wh, not ${plan.shortfallWh}`);
  if (Math.abs(costPence - plan.costPence) > 1e-9 * Math.abs(costPence)) {
    say(`the schedule costs ${costPence}, not ${plan.costPence}`);
  }
  return { breaches, maxCapExcessWh, assetViolations };
}
