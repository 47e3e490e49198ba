import type { CaseAsset, PlanCase } from "./case-file.ts";
import { checkTemperature } from "./check-temperature.ts";
import type { ScheduleFile } from "./schedule-file.ts";

/** Written from the rules of the case format alone; it shares no code with the solver. */
export type Verdict = {
  violations: string[];
  costPence: number;
  parts: {
    energy: number;
    carbon: number;
    shortfall: number;
    starts: number;
    discomfort: number;
    cycling: number;
    exportRevenue: number;
  };
  shortfallKwh: number;
};

const KW = 1e-3;
const KWH = 1e-3;

export type Check = { plan: PlanCase; hours: number; verdict: Verdict; broken: (owner: string, what: string) => void };

export function checkSchedule(plan: PlanCase, schedule: ScheduleFile): Verdict {
  const parts = { energy: 0, carbon: 0, shortfall: 0, starts: 0, discomfort: 0, cycling: 0, exportRevenue: 0 };
  const verdict: Verdict = { violations: [], costPence: 0, parts, shortfallKwh: 0 };
  const broken = (owner: string, what: string) => void verdict.violations.push(`${owner}: ${what}`);
  const check = { plan, hours: plan.time.slotMinutes / 60, verdict, broken };
  const powers = new Map(plan.assets.map((asset) => [asset.id, powerOf(check, asset, schedule)]));
  for (const asset of plan.assets) {
    const kw = powers.get(asset.id) as number[];
    if (asset.kind === "battery") checkBattery(check, asset, schedule);
    else {
      checkPower(check, asset, kw);
      if (asset.kind === "ev") checkEnergy(check, asset, kw);
      else checkTemperature(check, asset, kw);
    }
  }
  for (const name of Object.keys(plan.sites)) checkSite(check, name, schedule, powers);
  checkShared(check, powers);
  const { exportRevenue, ...paid } = parts;
  verdict.costPence = Object.values(paid).reduce((sum, one) => sum + one, 0) - exportRevenue;
  return verdict;
}

/** Power over all slots; a battery's is charge less discharge. */
function powerOf({ plan, broken }: Check, asset: CaseAsset, schedule: ScheduleFile): number[] {
  const { slots } = plan.time;
  const entry = schedule.assets[asset.id];
  const powers = new Array<number>(slots).fill(0);
  if (!entry) {
    broken(asset.id, "is not in the schedule");
    return powers;
  }
  if (asset.kind === "battery") {
    for (let t = 0; t < slots; t++) powers[t] = (entry.chargeKw?.[t] ?? 0) - (entry.dischargeKw?.[t] ?? 0);
    return powers;
  }
  if (entry.kw?.length !== asset.toSlot - asset.fromSlot)
    broken(asset.id, "has not one power for each slot of its window");
  for (let t = asset.fromSlot; t < asset.toSlot; t++) powers[t] = entry.kw?.[t - asset.fromSlot] ?? 0;
  return powers;
}

type Load = Extract<CaseAsset, { kind: "ev" | "heatpump" }>;

function checkPower({ plan, hours, verdict, broken }: Check, asset: Load, kw: readonly number[]): void {
  const isOn = kw.map((power) => power > KW / 2);
  const starts: number[] = [];
  for (let t = asset.fromSlot; t < asset.toSlot; t++) {
    const power = kw[t] as number;
    if (power < -KW || power > asset.maxKw + KW) broken(asset.id, `draws ${power} kW in slot ${t}`);
    if (isOn[t] && asset.semiContinuous && power < asset.minKw - KW)
      broken(asset.id, `draws ${power} kW in slot ${t}, below its minimum`);
    if (isOn[t] && asset.onOff && power < asset.maxKw - KW) broken(asset.id, `is neither on nor off in slot ${t}`);
    if (isOn[t] && !(t > asset.fromSlot && isOn[t - 1])) starts.push(t);
    if (asset.site === undefined) {
      verdict.parts.energy += hours * power * (plan.priceClasses[asset.priceClass ?? ""]?.[t] ?? 0);
      const grams = asset.region === undefined ? 0 : (plan.carbon[asset.region]?.[t] ?? 0);
      verdict.parts.carbon += hours * power * plan.carbonWeight * grams;
    }
  }
  // Powers without a minimum may be on at nothing: runs and starts cannot be read off them.
  if (!asset.onOff && !(asset.semiContinuous && asset.minKw > 0)) return;
  verdict.parts.starts += starts.length * asset.startCost;
  if (starts.length > (asset.maxStarts ?? Number.POSITIVE_INFINITY)) broken(asset.id, `starts ${starts.length} times`);
  for (const start of starts) {
    for (let t = start; t < start + asset.minRunSlots; t++) {
      if (t >= asset.toSlot || !isOn[t]) {
        broken(asset.id, `runs for less than ${asset.minRunSlots} slots from slot ${start}`);
        break;
      }
    }
    for (let t = Math.max(start - asset.minGapSlots, asset.fromSlot); t < start; t++) {
      if (isOn[t]) {
        broken(asset.id, `starts in slot ${start} less than ${asset.minGapSlots} slots after a run`);
        break;
      }
    }
  }
}

function checkEnergy(
  { hours, verdict, broken }: Check,
  asset: Extract<CaseAsset, { kind: "ev" }>,
  kw: readonly number[],
): void {
  const delivered = (before: number) => kw.slice(0, before).reduce((sum, power) => sum + hours * power, 0);
  const total = delivered(kw.length);
  if (total > asset.maxKwh + KWH) broken(asset.id, `takes ${total} kWh`);
  const missing = Math.max(asset.minKwh - total, 0);
  verdict.shortfallKwh += missing;
  verdict.parts.shortfall += asset.shortfallPenalty * missing;
  for (const { slot, kwh, shortfallPenalty } of asset.deadlines) {
    verdict.parts.shortfall += shortfallPenalty * Math.max(kwh - delivered(slot), 0);
  }
}

function checkBattery(
  { plan, hours, verdict, broken }: Check,
  asset: Extract<CaseAsset, { kind: "battery" }>,
  schedule: ScheduleFile,
): void {
  const { chargeKw = [], dischargeKw = [] } = schedule.assets[asset.id] ?? {};
  let level = asset.initialKwh;
  for (let t = 0; t < plan.time.slots; t++) {
    const charge = chargeKw[t] ?? 0;
    const discharge = dischargeKw[t] ?? 0;
    if (charge < -KW || charge > asset.maxChargeKw + KW) broken(asset.id, `charges at ${charge} kW in slot ${t}`);
    if (discharge < -KW || discharge > asset.maxDischargeKw + KW)
      broken(asset.id, `discharges at ${discharge} kW in slot ${t}`);
    if (Math.min(charge, discharge) > KW) broken(asset.id, `charges and discharges in slot ${t}`);
    level += hours * (asset.etaCharge * charge - discharge / asset.etaDischarge);
    if (level < -KWH || level > asset.capacityKwh + KWH) broken(asset.id, `holds ${level} kWh after slot ${t}`);
    verdict.parts.cycling += asset.cyclingCost * hours * (charge + discharge);
  }
  if (level < asset.finalMinKwh - KWH) broken(asset.id, `ends at ${level} kWh`);
}

function checkSite(
  { plan, hours, verdict, broken }: Check,
  name: string,
  schedule: ScheduleFile,
  powers: ReadonlyMap<string, number[]>,
): void {
  const site = plan.sites[name];
  const meter = schedule.sites[name];
  if (!site) return;
  if (!meter) {
    broken(name, "has no meter in the schedule");
    return;
  }
  for (let t = 0; t < plan.time.slots; t++) {
    const [bought, sold, curtailed] = [meter.importKw[t] ?? 0, meter.exportKw[t] ?? 0, meter.curtailKw[t] ?? 0];
    let netKw = (site.baseKw[t] as number) - (site.solarKw[t] as number) + curtailed;
    for (const asset of plan.assets) if (asset.site === name) netKw += powers.get(asset.id)?.[t] ?? 0;
    if (Math.abs(bought - sold - netKw) > KW)
      broken(name, `meters ${bought - sold} kW and uses ${netKw} kW in slot ${t}`);
    if (bought < -KW || bought > site.importCapKw + KW) broken(name, `imports ${bought} kW in slot ${t}`);
    if (sold < -KW || sold > site.exportCapKw + KW) broken(name, `exports ${sold} kW in slot ${t}`);
    if (Math.min(bought, sold) > KW) broken(name, `imports and exports in slot ${t}`);
    if (curtailed < -KW || curtailed > (site.solarKw[t] as number) + KW)
      broken(name, `curtails ${curtailed} kW in slot ${t}`);
    verdict.parts.energy += hours * bought * (plan.priceClasses[site.importClass]?.[t] ?? 0);
    const grams = site.region === undefined ? 0 : (plan.carbon[site.region]?.[t] ?? 0);
    verdict.parts.carbon += hours * bought * plan.carbonWeight * grams;
    verdict.parts.exportRevenue += hours * sold * (site.exportPrice[t] as number);
  }
}

function checkShared({ plan, broken }: Check, powers: ReadonlyMap<string, number[]>): void {
  const sum = (t: number, members: readonly CaseAsset[]) =>
    members.reduce((total, { id }) => total + (powers.get(id)?.[t] ?? 0), 0);
  const caps = [
    { owner: "the fleet", capKw: plan.fleetCapKw, members: plan.assets },
    ...Object.entries(plan.groups).map(([owner, { capKw }]) => {
      return { owner, capKw, members: plan.assets.filter(({ group }) => group === owner) };
    }),
  ];
  for (const { owner, capKw, members } of caps) {
    for (const [t, cap] of (capKw ?? []).entries()) {
      const kw = sum(t, members);
      if (cap !== null && kw > cap + KW) broken(owner, `draws ${kw} kW in slot ${t}, above ${cap} kW`);
    }
  }
  for (let t = 1; plan.rampKw !== undefined && t < plan.time.slots; t++) {
    const step = Math.abs(sum(t, plan.assets) - sum(t - 1, plan.assets));
    if (step > plan.rampKw + KW) broken("the fleet", `changes by ${step} kW into slot ${t}`);
  }
}
