import * as z from "zod";
import { AssetId } from "./asset.ts";
import { HOUR_MS, Instant } from "./instant.ts";
import { HeatMode } from "./reading.ts";
import { EnergyKwh, PowerKw } from "./units.ts";

/** No plan reaches further ahead of when it was made. */
export const PLAN_HORIZON_MS = 48 * HOUR_MS;

/** Why energy is placed in a window. */
export const WindowReason = z.enum([
  /** The lowest price plus weighted carbon before the deadline. */
  "cheapest",
  /** Chosen for its low carbon: by price alone, energy would be elsewhere. */
  "cleanest",
  /** Up to the customer's "charge now" level, whatever the price. */
  "charge-now-minimum",
  /** No slack: nearly every minute until the deadline is needed. */
  "deadline",
  /** The target cannot be reached; full power from now. */
  "impossible-target",
  /** No price known and none to estimate from; charged early to be safe. */
  "no-signal",
  /** The site's own solar surplus, worth less than what would be bought. */
  "surplus",
  /** A heat pump rests: energy is dearer now than later. */
  "expensive",
  /** A cheaper slot is full: what the site or the fleet may draw there goes to others. */
  "shared-limit",
  /** A grid event keeps load out of a cheaper slot. */
  "event",
]);
export type WindowReason = z.infer<typeof WindowReason>;

/** One power, or one mode of a heat pump with the power that it is expected to draw, over [startsAt, endsAt). */
export const Window = z.strictObject({
  startsAt: Instant,
  endsAt: Instant,
  powerKw: PowerKw.nonnegative(),
  energyKwh: EnergyKwh,
  /** Of a heat pump: in every other moment it is in its owner's normal. */
  heatMode: HeatMode.exclude(["normal"]).optional(),
  reason: WindowReason,
  /** True when part of the window is priced by yesterday's value because today's is not known. */
  priceEstimated: z.boolean(),
});
export type Window = z.infer<typeof Window>;

/** How good a plan is, in what it minimises: price plus weighted carbon, pence. */
export const Proof = z.strictObject({
  objectivePence: z.number(),
  /**
   * No plan that delivers as much from its making on can be below this, at any power up to the most; where capacity is
   * shared, none that pays for it what it is worth to others.
   */
  boundPence: z.number(),
  /** (objective - bound) / |objective|; 0 when the plan is proven to be the best. */
  gap: z.number().min(0),
});
export type Proof = z.infer<typeof Proof>;

/** What one asset will do until it must be ready, or as far as its planner looks. */
export const Plan = z.strictObject({
  assetId: AssetId,
  madeAt: Instant,
  /** Counts re-plans; a plan is only ever replaced by a later version. */
  version: z.number().int().positive(),
  readyBy: Instant,
  /** Grid-side energy still needed, kWh; of a heat pump, what its windows are expected to draw. */
  energyNeededKwh: EnergyKwh,
  /** What cannot be delivered by `readyBy`, kWh and as a share of the need; 0 when all can. */
  shortfallKwh: EnergyKwh,
  shortfallPercent: z.number().min(0).max(100),
  /** Modelled cost and carbon of the windows; null where no signal is known. */
  costPence: z.number().nullable(),
  carbonGrams: z.number().nullable(),
  windows: z.array(Window),
  /** A grid event is ahead: its edges are followed to the second. */
  isTimed: z.literal(true).optional(),
  /** Absent where nothing was to be chosen, or a price is unknown. */
  proof: Proof.optional(),
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
