import type { HeatPump } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { type Plan, type Window, windowAt } from "../../shared/domain/plan.ts";
import type { HeatReading } from "../../shared/domain/reading.ts";
import { round } from "../../shared/domain/units.ts";
import { nextLocalTime } from "../../shared/zone.ts";
import { type CostSlot, costSlots, cutEvery } from "./costs.ts";
import { type HeatStep, planHeat } from "./engine/heat-pump.ts";
import type { Rooms } from "./engine/rooms.ts";
import type { HeatLoad } from "./loads.ts";
import { type Signals, signalNotes } from "./signals.ts";
import { sumOver, surplusSlot } from "./surplus.ts";

/** Nearer than this to the least that its owner wants, a tank is not kept from heating, K. */
export const MARGIN_K = 3;
/** Nearer than this to the band's upper end, a boost is over before it can be seen, K. */
export const HEADROOM_K = 2;
/** Nearer than this to the coldest that their owner wants, rooms are not turned down, K. */
export const ROOM_MARGIN_K = 0.5;
/** A temperature older than this moves nothing. */
const FRESH_MS = 2 * HOUR_MS;
/** A mode is told at its window's start and shown by a cloud some minutes later. */
const SHOWS_AFTER_MS = 5 * MINUTE_MS;
const CELL_MS = 30 * MINUTE_MS;
const RUN_MS = 20 * MINUTE_MS;
/** A rest is kept for this long: a new plan every few minutes would spend the day's changes on moving it. */
const KEEP_REST_MS = 2 * HOUR_MS;
const MAX_REDUCED_MS = 3 * HOUR_MS;
/** Each is two changes of mode; a day has at most six. */
const MAX_STARTS = 3;
const START_PENCE = 2;

/** Heat per electricity when hot water is made: what field trials of air-source pumps find, less than for rooms. */
const COP = 2.5;
const LITRE_KWH_PER_K = 4186 / 3.6e6;
const ROOM_C = 20;
/** The same for rooms, whose water is cooler. */
const ROOM_COP = 3;
/** How far a device is taken to let its rooms cool in `reduced`, K. */
const SETBACK_K = 1;
/** A pump that needs more of its power than this to keep the rooms warm would not catch up after a rest. */
const MOST_LOAD = 0.7;
/** Standing loss of a tank at the upper end of class B of EU 812/2013, which is stated for 45 K above the room, kW. */
const standingLossKw = (litres: number) => (12 + 5.93 * litres ** 0.4) / 1000;
const LOSS_STATED_AT_K = 45;

/** A plan of modes for one heat pump from its last reading, to the noon at least twelve hours ahead. */
export function replanHeat(
  { asset, reading, notes }: HeatLoad,
  previous: Plan | undefined,
  signals: Signals,
  now: Instant,
): Plan {
  const readyBy = nextLocalTime(plusMs(now, 12 * HOUR_MS), asset.site.timeZone, "12:00");
  const known = costSlots({
    price: signals.price,
    carbon: signals.carbon,
    from: now,
    to: readyBy,
    carbonWeightPencePerKg: asset.preferences.carbonWeightPencePerKg,
  });
  const slots = cutEvery(known, CELL_MS).map((slot) =>
    signals.surplus && slot.startMs < epochMs(signals.surplus.until)
      ? surplusSlot(slot, asset.ratedPowerKw, signals.surplus)
      : slot,
  );
  const blind = whyBlind(reading, slots, now);
  const current = ourMode(reading, previous, now);
  const building = buildingOf(asset, reading);
  const steps = blind ? [] : stepsOf(asset, reading, building, current, slots, now);
  const windows = windowsOf(slots, steps, current, signals.surplus ? epochMs(signals.surplus.until) : 0);
  const total = (perKwh: (slot: CostSlot) => number | null) => {
    const sum = sumOver(windows, slots, perKwh);
    return sum === null ? null : round(sum, 3);
  };
  return {
    assetId: asset.assetId,
    madeAt: now,
    version: (previous?.version ?? 0) + 1,
    readyBy,
    energyNeededKwh: round(
      windows.reduce((kwh, window) => kwh + window.energyKwh, 0),
      3,
    ),
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: total((slot) => slot.pricePencePerKwh),
    carbonGrams: total((slot) => slot.carbonGramsPerKwh),
    windows,
    notes: [
      ...notes,
      ...(blind ? [`${blind}: it is left in its owner's normal`] : estimates(asset, building)),
      ...signalNotes(known),
      ...signals.solarNotes,
    ],
  };
}

/** The window in force, if the pump is in its mode or was not heard of since it was told to be. */
function ourMode(reading: HeatReading, previous: Plan | undefined, now: Instant): Window | undefined {
  const window = previous && windowAt(previous, now);
  if (window?.heatMode === undefined) return undefined;
  const isUnheard = reading.mode === "normal" && reading.observedAt < plusMs(window.startsAt, SHOWS_AFTER_MS);
  return isUnheard || window.heatMode === reading.mode ? window : undefined;
}

/** Why no mode can be chosen; undefined when one can. */
function whyBlind(reading: HeatReading, slots: readonly CostSlot[], now: Instant): string | undefined {
  if (reading.hotWaterC === null) return "the hot-water temperature is unknown";
  if (epochMs(now) - epochMs(reading.observedAt) > FRESH_MS) return "the hot-water temperature is old";
  if (slots.every((slot) => slot.costPencePerKwh === null)) return "no price is known";
  return undefined;
}

function estimates({ tankLitres, hotWaterKwhPerDay }: HeatPump, building: Building | undefined): string[] {
  const tank = `a tank of ${tankLitres} l, ${hotWaterKwhPerDay} kWh of hot water a day, ${COP} units of heat from one`;
  if (!building) return [`estimated: ${tank}`];
  const { holdKw, coolsKPerHour } = building;
  return [
    `estimated: ${tank}`,
    `estimated: rooms that take ${round(holdKw, 2)} kW, and cool by ${round(coolsKPerHour, 2)} K an hour without it`,
  ];
}

type Building = Rooms & { coolsKPerHour: number };

/**
 * The rooms at the weather of the reading; undefined where `reduced` does not turn them down, or where nobody knows how warm
 * they are or must be.
 */
function buildingOf({ rooms, ratedPowerKw, preferences }: HeatPump, reading: HeatReading): Building | undefined {
  const { indoorC, outdoorC } = reading;
  if (!rooms || preferences.indoorMinC === undefined || indoorC === null || outdoorC === null) return undefined;
  const lossKw = rooms.heatLossKwPerK * Math.max(0, indoorC - outdoorC);
  const holdKw = lossKw / ROOM_COP;
  return {
    holdKw,
    deferrableKwh: (SETBACK_K * rooms.heatLossKwPerK * rooms.timeConstantHours) / ROOM_COP,
    spareKw: Math.max(0.1, ratedPowerKw - holdKw),
    coolsKPerHour: Math.max(0, indoorC - outdoorC) / rooms.timeConstantHours,
  };
}

/** The device's own thermostat: about the middle of the band, or lower if it rests at less than that in its owner's normal. */
function thermostatOf({ hotWaterMinC, hotWaterMaxC }: HeatPump["preferences"], reading: HeatReading) {
  const halfK = Math.min(2.5, (hotWaterMaxC - hotWaterMinC) / 4);
  const assumedC = (hotWaterMinC + hotWaterMaxC) / 2 - halfK;
  const rests = reading.mode === "normal" && reading.compressorOn === false && reading.hotWaterC !== null;
  const seenC = rests ? Math.floor(reading.hotWaterC ?? assumedC) : assumedC;
  const onBelowC = Math.max(hotWaterMinC, Math.min(assumedC, seenC));
  return { onBelowC, offAtC: onBelowC + 2 * halfK };
}

function stepsOf(
  asset: HeatPump,
  reading: HeatReading,
  building: Building | undefined,
  current: Window | undefined,
  slots: readonly CostSlot[],
  now: Instant,
): HeatStep[] {
  const { hotWaterMinC, hotWaterMaxC, indoorMinC, indoorMaxC } = asset.preferences;
  const { indoorC } = reading;
  const inModeMs = current ? epochMs(now) - epochMs(current.startsAt) : 0;
  const maxReducedMs = Math.min(MAX_REDUCED_MS, comfortMs(asset, reading, building, current, inModeMs));
  // Where no price is known it is taken for the dearest that is.
  const dearest = Math.max(...slots.flatMap((slot) => slot.costPencePerKwh ?? []));
  return planHeat({
    slots: slots.map(({ startMs, endMs, costPencePerKwh }) => ({
      startMs,
      endMs,
      costPencePerKwh: costPencePerKwh ?? dearest,
    })),
    startC: reading.hotWaterC ?? hotWaterMinC,
    minC: hotWaterMinC,
    maxC: hotWaterMaxC,
    marginK: MARGIN_K,
    headroomK: HEADROOM_K,
    normal: thermostatOf(asset.preferences, reading),
    ratedPowerKw: asset.ratedPowerKw,
    cop: COP,
    capacityKwhPerK: asset.tankLitres * LITRE_KWH_PER_K,
    lossKwPerK: standingLossKw(asset.tankLitres) / LOSS_STATED_AT_K,
    roomC: ROOM_C,
    drawKw: asset.hotWaterKwhPerDay / 24,
    rooms: building,
    mode: current?.heatMode ?? "normal",
    inModeMs,
    mayBoost: indoorMaxC === undefined || indoorC === null || indoorC <= indoorMaxC,
    // Rooms that nobody measures cannot be kept warm by us.
    mayReduce:
      maxReducedMs >= CELL_MS &&
      (indoorMinC === undefined || (indoorC !== null && indoorC >= indoorMinC + ROOM_MARGIN_K)) &&
      (building === undefined || building.holdKw <= MOST_LOAD * asset.ratedPowerKw),
    runMs: RUN_MS,
    keepMs: current?.heatMode === "reduced" ? KEEP_REST_MS : RUN_MS,
    maxReducedMs,
    startPence: START_PENCE,
    maxStarts: MAX_STARTS,
  });
}

/** How long the rooms may rest until they are at their margin, with what they have rested already. */
function comfortMs(
  { preferences: { indoorMinC } }: HeatPump,
  { indoorC }: HeatReading,
  building: Building | undefined,
  current: Window | undefined,
  inModeMs: number,
): number {
  if (!building || indoorMinC === undefined || indoorC === null) return Number.POSITIVE_INFINITY;
  const restedMs = current?.heatMode === "reduced" ? inModeMs : 0;
  const leftK = Math.max(0, indoorC - indoorMinC - ROOM_MARGIN_K);
  const stillToCoolK = SETBACK_K - (building.coolsKPerHour * restedMs) / HOUR_MS;
  if (leftK >= stillToCoolK) return Number.POSITIVE_INFINITY;
  return (leftK / building.coolsKPerHour) * HOUR_MS + restedMs;
}

/** Neighbouring slots of one mode and reason as one window; normal is no window. */
function windowsOf(
  slots: readonly CostSlot[],
  steps: readonly HeatStep[],
  current: Window | undefined,
  surplusUntilMs: number,
): Window[] {
  const windows: Window[] = [];
  let fromMs = 0;
  for (const [index, { mode, energyKwh }] of steps.entries()) {
    const slot = slots[index];
    if (!slot || mode === "normal") continue;
    const [startsAt, endsAt] = [instant(slot.startMs), instant(slot.endMs)];
    const last = windows.at(-1);
    if (last && last.endsAt === startsAt && last.heatMode === mode) {
      last.endsAt = endsAt;
      last.energyKwh = round(last.energyKwh + energyKwh, 6);
      last.powerKw = round(last.energyKwh / ((slot.endMs - fromMs) / HOUR_MS), 4);
      last.priceEstimated ||= slot.estimated;
      continue;
    }
    fromMs = slot.startMs;
    const reason = mode === "reduced" ? "expensive" : slot.startMs < surplusUntilMs ? "surplus" : "cheapest";
    const goesOn = index === 0 && current?.heatMode === mode;
    windows.push({
      // Since when it has been in a mode must outlive a new plan: a pump rests only so long.
      startsAt: goesOn ? current.startsAt : startsAt,
      endsAt,
      powerKw: round(energyKwh / ((slot.endMs - slot.startMs) / HOUR_MS), 4),
      energyKwh: round(energyKwh, 6),
      heatMode: mode,
      reason,
      priceEstimated: slot.estimated,
    });
  }
  return windows;
}
