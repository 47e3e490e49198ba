import { powerOfCurrent } from "../../shared/domain/asset.ts";
import { epochMs, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, windowAt } from "../../shared/domain/plan.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { round } from "../../shared/domain/units.ts";
import { nextLocalTime } from "../../shared/zone.ts";
import { type CostSlot, costSlots } from "./costs.ts";
import type { Load } from "./loads.ts";
import { need } from "./need.ts";
import { type PlanProblem, plan } from "./plan.ts";
import { sunFirst } from "./sun-first.ts";
import type { SiteSurplus, Surplus } from "./surplus.ts";

/** A command takes a while to act: a plan is done this long before the deadline where there is room. */
const RESERVE_MS = 2 * MINUTE_MS;
const RUN_MS = 10 * MINUTE_MS;

/** Prices and carbon that a group of assets shares. */
export type Signals = { price: readonly Slot[]; carbon: readonly Slot[] };

/** When a load must be ready: its one-off departure while it lies ahead, else the daily time. The car's, where it is known. */
export function readyByOf({ asset, car }: Load, now: Instant): Instant {
  const { preferences, site } = car?.asset ?? asset;
  const { nextDepartureAt, readyBy } = preferences;
  return nextDepartureAt && nextDepartureAt > now ? nextDepartureAt : nextLocalTime(now, site.timeZone, readyBy);
}

/**
 * A new plan for one load from its last reading, or undefined when it cannot or need not have one (never read, unplugged,
 * unknown state of charge) and had none with anything ahead.
 */
export function replan(
  load: Load,
  previous: Plan | undefined,
  signals: Signals,
  now: Instant,
  solar?: SiteSurplus,
): Plan | undefined {
  const { asset, reading } = load;
  const readyBy = readyByOf(load, now);
  const base = { assetId: asset.assetId, madeAt: now, version: (previous?.version ?? 0) + 1, readyBy };
  const wants = reading?.plugged === true ? need(load) : undefined;
  if (!reading || !wants) {
    const idle = !previous || nextEdge(previous, now) === undefined;
    if (idle) return undefined;
    const note = reading?.plugged === true ? "the state of charge is unknown" : "no car is known to be plugged in";
    return {
      ...base,
      energyNeededKwh: 0,
      shortfallKwh: 0,
      shortfallPercent: 0,
      costPence: 0,
      carbonGrams: 0,
      windows: [],
      notes: [note],
    };
  }
  const { carbonWeightPencePerKg } = (load.car?.asset ?? asset).preferences;
  const slots = costSlots({ ...signals, from: now, to: readyBy, carbonWeightPencePerKg });
  const problem: PlanProblem = {
    energyKwh: wants.energyKwh,
    nowKwh: wants.nowKwh,
    maxPowerKw: powerOfCurrent(asset.supply, asset.supply.maxCurrentA),
    minPowerKw: powerOfCurrent(asset.supply, asset.supply.minCurrentA),
    slots,
    reserveMs: RESERVE_MS,
    runMs: RUN_MS,
    isCharging: reading.state === "charging" || reading.state === "starting",
  };
  const surplus = solar && surplusFor(load, previous, solar, now);
  const answer = surplus ? sunFirst(problem, surplus, carbonWeightPencePerKg) : plan(problem);
  return {
    ...base,
    energyNeededKwh: round(wants.energyKwh, 3),
    ...answer,
    notes: [...wants.notes, ...signalNotes(slots), ...(solar && "unknown" in solar ? [solar.unknown] : [])],
  };
}

/** What the site has over now; while the load already runs on it and was read since the roof was, what was decided then. */
function surplusFor(
  { reading }: Load,
  previous: Plan | undefined,
  solar: SiteSurplus,
  now: Instant,
): Surplus | undefined {
  if ("unknown" in solar) return undefined;
  const { known } = solar;
  const current = previous && windowAt(previous, now);
  if (current?.reason === "surplus" && reading && reading.observedAt > known.measuredAt)
    return { ...known, powerKw: current.powerKw, untilMs: epochMs(current.endsAt) };
  return known.powerKw > 0 ? known : undefined;
}

export function signalNotes(slots: readonly CostSlot[]): string[] {
  const notes: string[] = [];
  const estimated = slots.filter((slot) => slot.estimated).length;
  const unknown = slots.filter((slot) => slot.costPencePerKwh === null).length;
  if (estimated > 0) notes.push(`${estimated} of ${slots.length} slots priced by the same time of an earlier day`);
  if (unknown > 0) notes.push(`${unknown} of ${slots.length} slots have no price; they are used last`);
  return notes;
}

/** True when two plans want the same from `now` on: nothing is to be stored, told or commanded. */
export function sameFrom(now: Instant, a: Plan, b: Plan): boolean {
  const ahead = (one: Plan) =>
    one.windows
      .filter((window) => window.endsAt > now)
      .map((window) =>
        [
          window.startsAt < now ? now : window.startsAt,
          window.endsAt,
          round(window.powerKw, 1),
          window.reason,
          window.heatMode,
        ].join(),
      );
  return a.readyBy === b.readyBy && ahead(a).join(";") === ahead(b).join(";");
}

/** How far back stored signals are read: estimates look two days back. */
export function signalsFrom(now: Instant): Instant {
  return plusMs(now, -49 * 3_600_000);
}
