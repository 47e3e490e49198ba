import type { HeatPump } from "../../shared/domain/asset.ts";
import { type Command, isEnded } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, type Window, windowAt } from "../../shared/domain/plan.ts";
import type { HeatMode, HeatReading } from "../../shared/domain/reading.ts";
import { round } from "../../shared/domain/units.ts";
import { type CostSlot, costSlots } from "./costs.ts";
import { type Signals, signalNotes } from "./replan.ts";
import { sunlit } from "./sun-first.ts";
import type { SiteSurplus, Surplus } from "./surplus.ts";
import { planTank, type Tank, type TankProblem } from "./tank.ts";

/** As far ahead as a tank's heat can be moved to any use. */
const HORIZON_MS = 24 * HOUR_MS;
const CELL_MS = 30 * MINUTE_MS;
/** Older than this a reading does not say how warm the water is. */
const STALE_MS = 2 * HOUR_MS;
const LONGEST_REDUCED_MS = 3 * HOUR_MS;
const SWITCH_PENCE = 1;
/** A shift that brings less than this is not worth a customer's notice. */
const LEAST_SAVING_PENCE = 1;
/** Changes of mode in a day, ours. */
const MOST_CHANGES = 6;
/** Kelvin inside the rooms' band within which nothing is moved. */
const ROOM_MARGIN_C = 0.5;

/** Heat capacity of water, kWh per litre and kelvin (4186 J/kg/K). */
const KWH_PER_LITRE_K = 4186 / 3.6e6;
/** Assumed, as no vendor tells: of a heat pump making hot water at about 50 °C. */
const HOT_WATER_COP = 2.7;
/** Assumed: standing losses and an average household's use, K per hour of a tank of 200 litres. */
const COOLS_K_PER_HOUR = 1;
/** Assumed: a thermostat begins again this far below its end. */
const HYSTERESIS_K = 5;

/**
 * A new plan of modes for one heat pump, or undefined when nothing can be said (never read, no temperature, stale) or
 * nothing is to be gained and nothing was planned.
 */
export function replanHeat(
  input: { asset: HeatPump; reading: HeatReading | undefined; previous: Plan | undefined; recent: readonly Command[] },
  signals: Signals,
  now: Instant,
  solar?: SiteSurplus,
): Plan | undefined {
  const { asset, reading, previous, recent } = input;
  if (!reading || epochMs(now) - epochMs(reading.observedAt) > STALE_MS) return undefined;
  const { carbonWeightPencePerKg } = asset.preferences;
  const priced = costSlots({ ...signals, from: now, to: plusMs(now, HORIZON_MS), carbonWeightPencePerKg });
  const known = untilUnknown(priced);
  const base = {
    assetId: asset.assetId,
    madeAt: now,
    version: (previous?.version ?? 0) + 1,
    readyBy: instant(known.at(-1)?.endMs ?? epochMs(now)),
    energyNeededKwh: 0,
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: 0,
    carbonGrams: 0,
    windows: [],
    notes: [] as string[],
  };
  const idle = !previous || nextEdge(previous, now) === undefined;
  const nothing = (note: string): Plan | undefined => (idle ? undefined : { ...base, notes: [note] });
  if (reading.hotWaterC === null) return nothing("the tank's temperature is unknown");
  if (changesOfDay(recent, now) >= MOST_CHANGES) return nothing(`${MOST_CHANGES} changes of mode a day are enough`);

  const slots = cells(known, solar && "known" in solar ? lit(asset, solar.known) : (slot) => slot);
  const room = roomsOf(asset, reading);
  const current = previous && windowAt(previous, now);
  const answer = planTank({
    tank: tankOf(asset, reading, reading.hotWaterC),
    nowC: reading.hotWaterC,
    modeNow: current?.heatMode ?? "normal",
    slots,
    switchPence: SWITCH_PENCE,
    longestReducedMs: LONGEST_REDUCED_MS,
    ...room,
  });
  const windows = answer.savedPence >= LEAST_SAVING_PENCE ? windowsOf(asset, slots, answer) : [];
  if (windows.length === 0 && idle) return undefined;
  const used = windows.length === 0 ? [] : slots;
  const sum = (value: (slot: CostSlot) => number | null) =>
    round(
      used.reduce((total, slot, i) => total + (answer.energyKwh[i] ?? 0) * (value(slot) ?? 0), 0),
      3,
    );
  return {
    ...base,
    energyNeededKwh: round(
      answer.energyKwh.reduce((a, b) => a + b, 0),
      3,
    ),
    costPence: sum((slot) => slot.pricePencePerKwh),
    carbonGrams: sum((slot) => slot.carbonGramsPerKwh),
    windows,
    notes: [
      "energy is estimated from the tank's size and an average household's use",
      ...signalNotes(known),
      ...(solar && "unknown" in solar ? [solar.unknown] : []),
    ],
  };
}

/** Shifting needs real prices: the plan ends where the first is only estimated or unknown. */
function untilUnknown(slots: readonly CostSlot[]): CostSlot[] {
  const end = slots.findIndex((slot) => slot.estimated || slot.costPencePerKwh === null);
  return end < 0 ? [...slots] : slots.slice(0, end);
}

/** A slot of the plan; `lit`: the sun gives part of its power. */
type Cell = CostSlot & { lit?: boolean };

/** Slots cut at whole half-hours, so that edges do not move with each re-plan. */
function cells(slots: readonly CostSlot[], change: (slot: CostSlot) => Cell): Cell[] {
  return slots.flatMap((slot) => {
    const pieces: Cell[] = [];
    for (let startMs = slot.startMs; startMs < slot.endMs; ) {
      const endMs = Math.min(slot.endMs, (Math.floor(startMs / CELL_MS) + 1) * CELL_MS);
      pieces.push(change({ ...slot, startMs, endMs }));
      startMs = endMs;
    }
    return pieces;
  });
}

/** A slot while the sun shines: a pump at work takes the surplus first. */
function lit(asset: HeatPump, surplus: Surplus) {
  return (slot: CostSlot): Cell => {
    if (slot.endMs > surplus.untilMs || slot.costPencePerKwh === null) return slot;
    const kwh = (asset.ratedPowerKw * (slot.endMs - slot.startMs)) / HOUR_MS;
    const { costPence } = sunlit([slot], slot.startMs, slot.endMs, asset.ratedPowerKw, surplus);
    const litPence = costPence / kwh;
    return litPence < slot.costPencePerKwh ? { ...slot, costPencePerKwh: litPence, lit: true } : slot;
  };
}

function tankOf(asset: HeatPump, reading: HeatReading, nowC: number): Tank {
  const { hotWaterMinC: minC, hotWaterMaxC: maxC } = asset.preferences;
  // A device at rest below where we thought it begins has a lower end of its own.
  const rests = reading.compressorOn === false && reading.mode === "normal" && nowC < maxC - HYSTERESIS_K;
  const own = rests
    ? { fromC: nowC - 1, toC: Math.min(maxC, nowC + HYSTERESIS_K) }
    : { fromC: maxC - HYSTERESIS_K, toC: maxC };
  return {
    minC,
    maxC,
    own,
    kwhPerK: asset.tankLitres * KWH_PER_LITRE_K,
    coolsKPerHour: (COOLS_K_PER_HOUR * 200) / asset.tankLitres,
    cop: HOT_WATER_COP,
    ratedPowerKw: asset.ratedPowerKw,
  };
}

function roomsOf(asset: HeatPump, { indoorC }: HeatReading): Pick<TankProblem, "mayBoost" | "mayReduce"> {
  const { indoorMinC, indoorMaxC } = asset.preferences;
  if (indoorC === null) return { mayBoost: true, mayReduce: true };
  return {
    mayBoost: indoorMaxC === undefined || indoorC < indoorMaxC - ROOM_MARGIN_C,
    mayReduce: indoorMinC === undefined || indoorC > indoorMinC + ROOM_MARGIN_C,
  };
}

function changesOfDay(recent: readonly Command[], now: Instant): number {
  const since = plusMs(now, -24 * HOUR_MS);
  return recent.filter(({ status, issuedAt }) => issuedAt > since && !(isEnded(status) && status === "withdrawn"))
    .length;
}

function windowsOf(
  asset: HeatPump,
  slots: readonly Cell[],
  { modes, energyKwh }: { modes: readonly HeatMode[]; energyKwh: readonly number[] },
): Window[] {
  const windows: Window[] = [];
  for (const [i, slot] of slots.entries()) {
    const heatMode = modes[i] ?? "normal";
    if (heatMode === "normal") continue;
    const reason = heatMode === "reduced" ? "expensive" : slot.lit ? "surplus" : "cheapest";
    const last = windows.at(-1);
    const [startsAt, endsAt, kwh] = [instant(slot.startMs), instant(slot.endMs), energyKwh[i] ?? 0];
    if (last && last.endsAt === startsAt && last.heatMode === heatMode && last.reason === reason) {
      last.endsAt = endsAt;
      last.energyKwh = round(last.energyKwh + kwh, 3);
    } else {
      const powerKw = heatMode === "boost" ? asset.ratedPowerKw : 0;
      windows.push({ startsAt, endsAt, powerKw, energyKwh: round(kwh, 3), reason, heatMode, priceEstimated: false });
    }
  }
  return windows;
}
