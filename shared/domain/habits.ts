import * as z from "zod";
import { AssetId, type Car } from "./asset.ts";
import { epochMs, Instant, MINUTE_MS } from "./instant.ts";
import type { ChargeReading } from "./reading.ts";
import { EnergyKwh, round } from "./units.ts";

const stay = {
  /** When it was first seen plugged in. */
  pluggedInAt: Instant,
  /** Grid-side energy taken since, kWh, as last told; null where neither session nor battery tells. */
  energyKwh: EnergyKwh.nonnegative().nullable(),
};

/** From plug-in to plug-out. */
export const PastStay = z.strictObject({ ...stay, pluggedOutAt: Instant });
export type PastStay = z.infer<typeof PastStay>;

const PresentStay = z.strictObject({
  ...stay,
  /** What the battery held at plug-in, kWh; null where it was not told. */
  storedAtPlugInKwh: EnergyKwh.nullable(),
});

/** Six weeks of a daily driver: fewer would not hold enough weekends to tell a habit from a whim. */
export const MOST_STAYS = 42;

/** When one car or charger was plugged in and out lately, and what it took. */
export const Habits = z.strictObject({
  assetId: AssetId,
  /** Counts changes; habits are only ever replaced by their next version. */
  version: z.number().int().positive(),
  /** Stays that ended, the oldest first. */
  stays: z.array(PastStay).max(MOST_STAYS),
  /** The stay that goes on; null when none is known to. */
  present: PresentStay.nullable(),
});
export type Habits = z.infer<typeof Habits>;

/** A cable that was in for less is somebody trying, not somebody staying. */
const SHORTEST_STAY_MS = 10 * MINUTE_MS;
/** What a session must have taken more to be worth a write, kWh. */
const TELLING_KWH = 1;

/**
 * What the newest reading adds to the habits: a plug-in, a plug-out, or another kWh of the stay that goes on. Undefined when
 * it adds nothing: not known to be plugged in or out, already known, or older than what is known. Moments are when the
 * device measured, at most `now` (a device's clock may run ahead). `battery` lets the energy of a car be told, which counts
 * no sessions; without it only `sessionKwh` is used.
 */
export function observe(
  habits: Habits | undefined,
  reading: ChargeReading,
  now: Instant,
  battery?: Car["battery"],
): Habits | undefined {
  const { assetId, plugged } = reading;
  if (plugged === null) return undefined;
  const { version, stays, present } = habits ?? { version: 0, stays: [], present: null };
  const seenAt = reading.observedAt < now ? reading.observedAt : now;
  const lastEdgeAt = present?.pluggedInAt ?? stays.at(-1)?.pluggedOutAt;
  if (lastEdgeAt !== undefined && seenAt <= lastEdgeAt) return undefined;

  if (!present) {
    if (!plugged) return undefined;
    const storedAtPlugInKwh = storedKwh(reading, battery);
    const energyKwh = reading.sessionKwh ?? (storedAtPlugInKwh === null ? null : 0);
    return { assetId, version: version + 1, stays, present: { pluggedInAt: seenAt, energyKwh, storedAtPlugInKwh } };
  }
  const energyKwh = takenKwh(present, reading, battery);
  if (plugged) {
    if (energyKwh === null || energyKwh < (present.energyKwh ?? 0) + TELLING_KWH) return undefined;
    return { assetId, version: version + 1, stays, present: { ...present, energyKwh } };
  }
  const { pluggedInAt } = present;
  const isStay = epochMs(seenAt) - epochMs(pluggedInAt) >= SHORTEST_STAY_MS;
  const ended = isStay ? [...stays, { pluggedInAt, pluggedOutAt: seenAt, energyKwh }].slice(-MOST_STAYS) : stays;
  return { assetId, version: version + 1, stays: ended, present: null };
}

/** The most that this stay was ever told to have taken: a session's count ends, and a battery drains, once it is over. */
function takenKwh(
  present: z.infer<typeof PresentStay>,
  reading: ChargeReading,
  battery: Car["battery"] | undefined,
): number | null {
  const nowKwh = storedKwh(reading, battery);
  const gainedKwh =
    battery === undefined || nowKwh === null || present.storedAtPlugInKwh === null
      ? null
      : round((nowKwh - present.storedAtPlugInKwh) / battery.chargeEfficiency, 3);
  const told = [present.energyKwh, reading.sessionKwh, gainedKwh].filter((kwh) => kwh !== null);
  return told.length === 0 ? null : Math.max(0, ...told);
}

function storedKwh(reading: ChargeReading, battery: Car["battery"] | undefined): number | null {
  if (!battery) return null;
  if (reading.storedKwh !== null) return reading.storedKwh;
  return reading.socPercent === null ? null : (reading.socPercent / 100) * battery.capacityKwh;
}
