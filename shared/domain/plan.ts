import * as z from "zod";
import { AssetId } from "./asset.ts";
import { Instant } from "./instant.ts";
import { HeatMode } from "./reading.ts";
import { EnergyKwh, PowerKw } from "./units.ts";

/** Why a window is where it is. */
export const WindowReason = z.enum([
  /** The lowest price plus weighted carbon before the deadline. */
  "cheapest",
  /** Up to the customer's "charge now" level, whatever the price. */
  "charge-now-minimum",
  /** No slack: nearly every minute until the deadline is needed. */
  "deadline",
  /** The target cannot be reached; full power from now. */
  "impossible-target",
  /** No price known and none to estimate from; charged early to be safe. */
  "no-signal",
  /** The site's own solar power, which would go to the grid. */
  "surplus",
  /** Energy is dear: what can wait does. */
  "expensive",
]);
export type WindowReason = z.infer<typeof WindowReason>;

/** One power over [startsAt, endsAt), and for a heat pump the mode that brings it about. */
export const Window = z.strictObject({
  startsAt: Instant,
  endsAt: Instant,
  powerKw: PowerKw.nonnegative(),
  energyKwh: EnergyKwh,
  reason: WindowReason,
  /** Of a heat pump only; outside its windows its owner's own mode holds. */
  heatMode: HeatMode.optional(),
  /** True when part of the window is priced by yesterday's value because today's is not known. */
  priceEstimated: z.boolean(),
});
export type Window = z.infer<typeof Window>;

/** What one asset will do until it must be ready, or as far as prices are known. */
export const Plan = z.strictObject({
  assetId: AssetId,
  madeAt: Instant,
  /** Counts re-plans; a plan is only ever replaced by a later version. */
  version: z.number().int().positive(),
  readyBy: Instant,
  /** Grid-side energy still needed, kWh. */
  energyNeededKwh: EnergyKwh,
  /** What cannot be delivered by `readyBy`, kWh and as a share of the need; 0 when all can. */
  shortfallKwh: EnergyKwh,
  shortfallPercent: z.number().min(0).max(100),
  /** Modelled cost and carbon of the windows; null where no signal is known. */
  costPence: z.number().nullable(),
  carbonGrams: z.number().nullable(),
  windows: z.array(Window),
  /** Plain words on signals that were missing, late or estimated. */
  notes: z.array(z.string()),
});
export type Plan = z.infer<typeof Plan>;

/** The window in force at `at`, if any. */
export function windowAt(plan: Plan, at: Instant): Window | undefined {
  return plan.windows.find((window) => window.startsAt <= at && at < window.endsAt);
}

/** The next moment after `at` when the wanted power changes; undefined when nothing more is to come. */
export function nextEdge(plan: Plan, at: Instant): Instant | undefined {
  const edges = plan.windows.flatMap((window) => [window.startsAt, window.endsAt]).filter((edge) => edge > at);
  return edges.sort()[0];
}
