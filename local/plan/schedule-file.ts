import { z } from "zod";
import type { Schedule } from "../../lambdas/optimiser/engine/case/problem.ts";
import type { PlanCase } from "./case-file.ts";

const Numbers = z.array(z.number());

/** A schedule as the case files write it: powers in kW over the asset's window, batteries and meters over all slots. */
export const ScheduleFile = z.object({
  assets: z.record(
    z.string(),
    z.object({ kw: Numbers.optional(), chargeKw: Numbers.optional(), dischargeKw: Numbers.optional() }),
  ),
  sites: z.record(z.string(), z.object({ importKw: Numbers, exportKw: Numbers, curtailKw: Numbers })).default({}),
});
export type ScheduleFile = z.infer<typeof ScheduleFile>;

/** Milliwatts: far below what the rules tolerate, and no noise of the arithmetic in the file. */
const tidy = (kw: number) => Math.round(kw * 1e6) / 1e6 || 0;

export function scheduleFile(plan: PlanCase, schedule: Schedule): ScheduleFile {
  const assets: ScheduleFile["assets"] = {};
  for (const asset of plan.assets) {
    const kw = [...(schedule.kw.get(asset.id) ?? [])];
    if (asset.kind === "battery") {
      assets[asset.id] = {
        chargeKw: kw.map((one) => tidy(Math.max(one, 0))),
        dischargeKw: kw.map((one) => tidy(Math.max(-one, 0))),
      };
    } else assets[asset.id] = { kw: kw.slice(asset.fromSlot, asset.toSlot).map(tidy) };
  }
  const sites: ScheduleFile["sites"] = {};
  for (const [name, { importKw, exportKw, curtailKw }] of schedule.sites) {
    sites[name] = {
      importKw: Array.from(importKw, tidy),
      exportKw: Array.from(exportKw, tidy),
      curtailKw: Array.from(curtailKw, tidy),
    };
  }
  return { assets, sites };
}
