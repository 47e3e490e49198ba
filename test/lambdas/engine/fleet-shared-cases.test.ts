import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import type { FleetInput } from "../../../lambdas/optimiser/engine/fleet/problem.ts";
import { inspect } from "../../../local/bench/fleet-checker.ts";
import { aFleet, anAsset } from "./fleet-builders.ts";

/** The part of `optimiser-case/1` that a fleet of vehicles uses; kW, kWh, pence per kWh, grams per kWh. */
type Case = {
  time: { slots: number; slotMinutes: number };
  carbonWeight: number;
  priceClasses: Record<string, number[]>;
  carbon?: Record<string, number[]>;
  fleetCapKw?: (number | null)[];
  rampKw?: number;
  groups?: Record<string, { capKw: (number | null)[] }>;
  assets: {
    priceClass: string;
    region?: string;
    group?: string;
    fromSlot: number;
    toSlot: number;
    minKwh: number;
    maxKwh: number;
    minKw: number;
    maxKw: number;
    shortfallPenalty: number;
  }[];
  reference: { objective: number; shortfallKwh: number };
};

const folder = join(process.env.HEADROOM_SHARED_DATA ?? resolve("../shared/data"), "optimiser-cases");
const skip = !existsSync(folder);

function read(id: string): { input: FleetInput; reference: Case["reference"] } {
  const file = readdirSync(folder).find((name) => name.startsWith(id)) ?? id;
  const given: Case = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const { slots, slotMinutes } = given.time;
  const wh = (kw: number) => Math.round((kw * slotMinutes * 1000) / 60);
  const caps = (kw: readonly (number | null)[]) => kw.map((value) => (value === null ? Infinity : wh(value)));
  const rows = given.assets.map(({ priceClass, region }) => `${priceClass} ${region ?? ""}`);
  const kinds = [...new Set(rows)];
  const price = kinds.flatMap((kind) => {
    const [priceClass = "", region = ""] = kind.split(" ");
    const carbon = given.carbon?.[region];
    return (given.priceClasses[priceClass] ?? []).map((pence, t) =>
      Math.round((pence + given.carbonWeight * (carbon?.[t] ?? 0)) * 1e4),
    );
  });
  const groups = Object.keys(given.groups ?? {});
  const assets = given.assets.map((asset, i) =>
    anAsset({
      fromSlot: asset.fromSlot,
      toSlot: asset.toSlot,
      limitWh: wh(asset.maxKw),
      minimumWh: wh(asset.minKw),
      energyWh: Math.round(asset.minKwh * 1000),
      maximumWh: Math.round(asset.maxKwh * 1000),
      priceClass: kinds.indexOf(rows[i] ?? ""),
      group: Math.max(0, groups.indexOf(asset.group ?? "")),
      shortfallPrice: Math.round(asset.shortfallPenalty * 1e4),
    }),
  );
  const groupCapWh = groups.flatMap((name) => caps(given.groups?.[name]?.capKw ?? []));
  return {
    reference: given.reference,
    input: aFleet(assets, {
      slots,
      price,
      ...(given.fleetCapKw === undefined ? {} : { fleetCapWh: caps(given.fleetCapKw) }),
      ...(given.rampKw === undefined ? {} : { rampWh: wh(given.rampKw) }),
      ...(groups.length === 0 ? {} : { groupCapWh }),
    }),
  };
}

describe.skipIf(skip)("the shared optimiser cases that a fleet covers", () => {
  it.each(["s01", "s02", "s03", "s04", "s10"])("%s: the reference's optimum", (id) => {
    const { input, reference } = read(id);
    const plan = planFleet(input);
    expect(inspect(input, plan).breaches).toEqual([]);
    expect(Math.abs(plan.costPence - reference.objective)).toBeLessThan(
      Math.max(0.01, 1e-4 * Math.abs(reference.objective)),
    );
    expect(plan.shortfallWh / 1000).toBeCloseTo(reference.shortfallKwh, 2);
    expect(plan.gap).toBe(0);
  });

  it("s07: the reference's optimum under a ramp, proven but for what solving a linear program leaves open", () => {
    const { input, reference } = read("s07");
    const plan = planFleet(input);
    expect(inspect(input, plan).breaches).toEqual([]);
    expect(plan.costPence).toBeCloseTo(reference.objective, 5);
    expect(plan.boundPence).toBeLessThanOrEqual(reference.objective + 1e-6);
    expect(plan.gap).toBeLessThan(1e-6);
  });

  it("s05: minimum powers near the reference's optimum, and a bound below it", () => {
    const { input, reference } = read("s05");
    const plan = planFleet(input, { minimumPower: true });
    expect(inspect(input, plan, { minimumPower: true }).breaches).toEqual([]);
    expect(plan.costPence / reference.objective).toBeLessThan(1.005);
    expect(plan.boundPence).toBeLessThanOrEqual(reference.objective);
  });
});
