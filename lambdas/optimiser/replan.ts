import type { Car } from "../../shared/domain/asset.ts";
import { powerOfCurrent } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { round } from "../../shared/domain/units.ts";
import { type CostSlot, costSlots } from "./costs.ts";
import { need } from "./need.ts";
import { plan } from "./plan.ts";

/** A command takes a while to act: a plan is done this long before the deadline where there is room. */
const RESERVE_MS = 2 * MINUTE_MS;
const RUN_MS = 10 * MINUTE_MS;

/** Prices and carbon that a group of cars shares. */
export type Signals = { price: readonly Slot[]; carbon: readonly Slot[] };

/**
 * A new plan for one car from its last reading, or undefined when it cannot or need not have one (unplugged, unknown
 * state of charge) and had none with anything ahead.
 */
export function replan(
  asset: Car,
  reading: ChargeReading,
  previous: Plan | undefined,
  signals: Signals,
  readyBy: Instant,
  now: Instant,
): Plan | undefined {
  const base = { assetId: asset.assetId, madeAt: now, version: (previous?.version ?? 0) + 1, readyBy };
  const wants = reading.plugged === true ? need(asset, reading) : undefined;
  if (!wants) {
    const idle = !previous || nextEdge(previous, now) === undefined;
    if (idle) return undefined;
    const note = reading.plugged === true ? "the state of charge is unknown" : "the car is not known to be plugged in";
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
  const slots = costSlots({
    ...signals,
    from: now,
    to: readyBy,
    carbonWeightPencePerKg: asset.preferences.carbonWeightPencePerKg,
  });
  const answer = plan({
    energyKwh: wants.energyKwh,
    nowKwh: wants.nowKwh,
    maxPowerKw: powerOfCurrent(asset.supply, asset.supply.maxCurrentA),
    minPowerKw: powerOfCurrent(asset.supply, asset.supply.minCurrentA),
    slots,
    reserveMs: RESERVE_MS,
    runMs: RUN_MS,
    isCharging: reading.state === "charging" || reading.state === "starting",
  });
  return {
    ...base,
    energyNeededKwh: round(wants.energyKwh, 3),
    ...answer,
    notes: [...wants.notes, ...signalNotes(slots)],
  };
}

function signalNotes(slots: readonly CostSlot[]): string[] {
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
        [window.startsAt < now ? now : window.startsAt, window.endsAt, round(window.powerKw, 1), window.reason].join(),
      );
  return a.readyBy === b.readyBy && ahead(a).join(";") === ahead(b).join(";");
}

/** How far back stored signals are read: estimates look two days back. */
export function signalsFrom(now: Instant): Instant {
  return plusMs(now, -49 * 3_600_000);
}
