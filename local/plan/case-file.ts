import { z } from "zod";
import type { Asset, Problem, Site } from "../../lambdas/optimiser/engine/case/problem.ts";

const Numbers = z.array(z.number());
const Kw = z.number().min(0);
const Slot = z.int().min(0);

const Rules = {
  site: z.string().optional(),
  group: z.string().optional(),
  priceClass: z.string().optional(),
  region: z.string().optional(),
  fromSlot: Slot,
  toSlot: Slot,
  minKw: Kw.default(0),
  maxKw: Kw,
  semiContinuous: z.boolean().default(false),
  onOff: z.boolean().default(false),
  minRunSlots: Slot.default(1),
  minGapSlots: Slot.default(0),
  maxStarts: Slot.optional(),
  startCost: z.number().min(0).default(0),
};

const Deadline = z.object({ slot: Slot, kwh: z.number().min(0), shortfallPenalty: z.number().min(0) });

const Vehicle = z.object({
  kind: z.literal("ev"),
  id: z.string(),
  ...Rules,
  minKwh: z.number().min(0),
  maxKwh: z.number().min(0),
  shortfallPenalty: z.number().min(0),
  deadlines: z.array(Deadline).default([]),
  readyByLocal: z.string().optional(),
});

const HeatPump = z.object({
  kind: z.literal("heatpump"),
  id: z.string(),
  ...Rules,
  initialC: z.number(),
  minC: Numbers,
  maxC: Numbers,
  outdoorC: Numbers,
  cop: Numbers,
  decay: z.number().gt(0).max(1),
  gainCPerKwhHeat: z.number().min(0),
  discomfortPenalty: z.number().min(0),
});

const Battery = z.object({
  kind: z.literal("battery"),
  id: z.string(),
  site: z.string().optional(),
  group: z.string().optional(),
  capacityKwh: z.number().min(0),
  initialKwh: z.number().min(0),
  finalMinKwh: z.number().min(0),
  maxChargeKw: Kw,
  maxDischargeKw: Kw,
  etaCharge: z.number().gt(0).max(1),
  etaDischarge: z.number().gt(0).max(1),
  cyclingCost: z.number().min(0).default(0),
});

const SiteFields = z.object({
  baseKw: Numbers,
  solarKw: z.array(Kw),
  importCapKw: Kw,
  exportCapKw: Kw,
  importClass: z.string(),
  region: z.string().optional(),
  exportPrice: Numbers,
});

const Caps = z.array(Kw.nullable());

const CaseFields = z.object({
  format: z.literal("optimiser-case/1"),
  id: z.string(),
  title: z.string().default(""),
  time: z.object({
    startUtc: z.iso.datetime(),
    zone: z.string(),
    slotMinutes: z.number().gt(0),
    slots: z.int().min(1).max(2000),
  }),
  carbonWeight: z.number().default(0),
  priceClasses: z.record(z.string(), Numbers),
  carbon: z.record(z.string(), Numbers).default({}),
  sites: z.record(z.string(), SiteFields).default({}),
  assets: z.array(z.discriminatedUnion("kind", [Vehicle, HeatPump, Battery])),
  fleetCapKw: Caps.optional(),
  groups: z.record(z.string(), z.object({ capKw: Caps })).default({}),
  rampKw: Kw.optional(),
  reference: z.object({ objective: z.number(), lpRelaxation: z.number() }).optional(),
});

export type PlanCase = z.infer<typeof CaseFields>;
export type CaseAsset = PlanCase["assets"][number];

/** A case file that is no planning problem: one sentence, with the asset and the field. */
export class CaseError extends Error {}

/** @throws CaseError */
export function readCase(text: string): PlanCase {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new CaseError("The file is not JSON.");
  }
  const parsed = CaseFields.safeParse(content);
  if (!parsed.success) throw new CaseError(sentence(parsed.error.issues[0], content));
  checkCase(parsed.data);
  return parsed.data;
}

function sentence(issue: z.core.$ZodIssue | undefined, content: unknown): string {
  if (!issue) return "The file is no planning case.";
  const [first, second, ...rest] = issue.path;
  if (first === "assets" && typeof second === "number") {
    const assets = (content as { assets?: { id?: unknown }[] }).assets;
    const id = assets?.[second]?.id;
    const name = typeof id === "string" ? id : `asset ${second + 1}`;
    return `${name}: ${rest.map(String).join(".") || "kind"}: ${issue.message}.`;
  }
  return `${issue.path.map(String).join(".") || "the file"}: ${issue.message}.`;
}

/** What no single field shows: lengths, names that must exist, windows and limits in order. */
function checkCase(plan: PlanCase): void {
  const { slots } = plan.time;
  const length = (owner: string, field: string, values: readonly unknown[] | undefined) => {
    if (values && values.length !== slots) {
      throw new CaseError(`${owner}: ${field}: has ${values.length} values and the case ${slots} slots.`);
    }
  };
  for (const [name, prices] of Object.entries(plan.priceClasses)) length("priceClasses", name, prices);
  for (const [name, grams] of Object.entries(plan.carbon)) length("carbon", name, grams);
  for (const [name, { capKw }] of Object.entries(plan.groups)) length(name, "capKw", capKw);
  length("the case", "fleetCapKw", plan.fleetCapKw);
  for (const [name, site] of Object.entries(plan.sites)) {
    for (const field of ["baseKw", "solarKw", "exportPrice"] as const) length(name, field, site[field]);
    known(name, "importClass", site.importClass, plan.priceClasses);
    if (site.region !== undefined) known(name, "region", site.region, plan.carbon);
  }
  const ids = new Set<string>();
  for (const asset of plan.assets) {
    if (ids.has(asset.id)) throw new CaseError(`${asset.id}: id: is used twice.`);
    ids.add(asset.id);
    if (asset.site !== undefined) known(asset.id, "site", asset.site, plan.sites);
    if (asset.group !== undefined) known(asset.id, "group", asset.group, plan.groups);
    checkAsset(asset, plan, length);
  }
}

function known(owner: string, field: string, name: string, names: Record<string, unknown>): void {
  if (!Object.hasOwn(names, name)) throw new CaseError(`${owner}: ${field}: the case has no "${name}".`);
}

function checkAsset(
  asset: CaseAsset,
  plan: PlanCase,
  length: (owner: string, field: string, values: readonly unknown[]) => void,
): void {
  const refuse = (field: string, what: string) => {
    throw new CaseError(`${asset.id}: ${field}: ${what}.`);
  };
  if (asset.kind === "battery") {
    if (asset.initialKwh > asset.capacityKwh) refuse("initialKwh", "is above the capacity");
    if (asset.finalMinKwh > asset.capacityKwh) refuse("finalMinKwh", "is above the capacity");
    return;
  }
  if (asset.toSlot < asset.fromSlot || asset.toSlot > plan.time.slots) {
    refuse("toSlot", `must be from ${asset.fromSlot} to ${plan.time.slots}`);
  }
  if (asset.minKw > asset.maxKw) refuse("minKw", "is above maxKw");
  if (asset.site === undefined) {
    if (asset.priceClass === undefined) refuse("priceClass", "is missing, and the asset is at no site");
    else known(asset.id, "priceClass", asset.priceClass, plan.priceClasses);
    if (asset.region !== undefined) known(asset.id, "region", asset.region, plan.carbon);
  }
  if (asset.kind === "ev") {
    if (asset.maxKwh < asset.minKwh) refuse("maxKwh", "is below minKwh");
    return;
  }
  for (const field of ["minC", "maxC", "outdoorC", "cop"] as const) length(asset.id, field, asset[field]);
}

/** The case in the solver's words: prices per asset and site, with the weight of carbon in them. */
export function problemOf(plan: PlanCase): Problem {
  const { slots, slotMinutes } = plan.time;
  // One array for each class and region: who shares it shares a price class.
  const series = new Map<string, number[]>();
  const priced = (priceClass: string, region: string | undefined): number[] => {
    const key = JSON.stringify([priceClass, region]);
    const known = series.get(key);
    if (known) return known;
    const pence = Array.from({ length: slots }, (_, t) => {
      const grams = region === undefined ? 0 : (plan.carbon[region]?.[t] ?? 0);
      return (plan.priceClasses[priceClass]?.[t] ?? 0) + plan.carbonWeight * grams;
    });
    series.set(key, pence);
    return pence;
  };
  const sites = new Map<string, Site>();
  for (const [name, site] of Object.entries(plan.sites)) {
    const { baseKw, solarKw, importCapKw, exportCapKw, exportPrice } = site;
    const importPence = priced(site.importClass, site.region);
    sites.set(name, { baseKw, solarKw, importCapKw, exportCapKw, importPence, exportPence: exportPrice });
  }
  const assets = plan.assets.map((asset): Asset => {
    if (asset.kind === "battery") {
      const { site, group, ...battery } = asset;
      return { ...battery, ...(site === undefined ? {} : { site }), ...(group === undefined ? {} : { group }) };
    }
    const { site, group, priceClass, region, onOff, semiContinuous, startCost, maxStarts, ...load } = asset;
    return {
      ...load,
      ...(site === undefined ? { pricePence: priced(priceClass ?? "", region) } : { site }),
      ...(group === undefined ? {} : { group }),
      startCostPence: startCost,
      maxStarts: maxStarts ?? Number.POSITIVE_INFINITY,
      power: onOff ? "on-off" : semiContinuous ? "semi-continuous" : "continuous",
    };
  });
  return {
    slots,
    slotHours: slotMinutes / 60,
    assets,
    sites,
    ...(plan.fleetCapKw ? { fleetCapKw: plan.fleetCapKw } : {}),
    groupCapsKw: new Map(Object.entries(plan.groups).map(([name, { capKw }]) => [name, capKw])),
    ...(plan.rampKw === undefined ? {} : { rampKw: plan.rampKw }),
  };
}
