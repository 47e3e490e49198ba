import type { FleetPlan } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import type { FleetInput } from "../../../lambdas/optimiser/engine/fleet/problem.ts";

/** Every rule of the model that a plan breaks, read from the input and the plan alone. At most the first twenty. */
export function breaches(input: FleetInput, plan: FleetPlan, { minimumPower = false } = {}): string[] {
  const { slots, assets } = input;
  const found: string[] = [];
  const fleetWh = new Array<number>(slots).fill(0);
  const groups = (input.groupCapWh?.length ?? slots) / slots;
  const groupWh = new Array<number>(groups * slots).fill(0);
  let cost = 0n;
  let shortfallWh = 0;
  for (let i = 0; i < assets.count; i++) {
    const at = (values: ArrayLike<number> | undefined, otherwise = 0) => values?.[i] ?? otherwise;
    let given = 0;
    for (let t = 0; t < slots; t++) {
      const wh = plan.energyWh(i, t);
      if (wh === 0) continue;
      if (!Number.isInteger(wh) || wh < 0) found.push(`asset ${i} takes ${wh} Wh in slot ${t}`);
      if (t < at(assets.fromSlot) || t >= at(assets.toSlot))
        found.push(`asset ${i} charges outside its window in ${t}`);
      if (wh > at(assets.limitWh)) found.push(`asset ${i} is over its limit in slot ${t}`);
      if (minimumPower && wh < at(assets.minimumWh))
        found.push(`asset ${i} takes ${wh} Wh in slot ${t}: below its minimum`);
      given += wh;
      fleetWh[t] = (fleetWh[t] as number) + wh;
      const cell = at(assets.group) * slots + t;
      groupWh[cell] = (groupWh[cell] as number) + wh;
      cost += BigInt(wh) * BigInt(input.price[at(assets.priceClass) * slots + t] as number);
    }
    const missing = plan.assetShortfallWh(i);
    if (missing < 0) found.push(`asset ${i} has a shortfall of ${missing} Wh`);
    const need = at(assets.energyWh);
    const least = minimumPower && need > 0 ? Math.max(need, at(assets.minimumWh)) : need;
    if (given + missing < least) found.push(`asset ${i} gets ${given} and misses ${missing} Wh`);
    if (given > Math.max(least, at(assets.maximumWh))) found.push(`asset ${i} gets ${given} Wh: more than it may`);
    shortfallWh += missing;
    cost += BigInt(missing) * BigInt(at(assets.shortfallPrice));
  }
  for (let t = 0; t < slots; t++) {
    if ((fleetWh[t] as number) > (input.fleetCapWh?.[t] ?? Infinity)) found.push(`the fleet is over its cap in ${t}`);
    for (let g = 0; g < groups; g++) {
      const cell = g * slots + t;
      if ((groupWh[cell] as number) > (input.groupCapWh?.[cell] ?? Infinity)) found.push(`group ${g} is over in ${t}`);
    }
  }
  if (shortfallWh !== plan.shortfallWh) found.push(`the shortfall is ${shortfallWh} Wh, not ${plan.shortfallWh}`);
  if (Number(cost) / 1e7 !== plan.costPence)
    found.push(`the schedule costs ${Number(cost) / 1e7}, not ${plan.costPence}`);
  return found.slice(0, 20);
}
