import { HOUR_MS, type Instant, instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { readCarbon, readPrices } from "../feeds/csv.ts";
import { generatedSpan } from "../feeds/generated.ts";
import { type FeedPoint, halfHourly } from "../feeds/points.ts";
import { checkCounts, type Fleet, type FleetRequest, fleetFor } from "./fleet.ts";
import { type NightEvent, nightEventOf } from "./grid-event.ts";
import { type Night, nightOf } from "./night.ts";
import { loadVendors, type Vendor } from "./vendors.ts";

export type FaultLevel = "none" | "some" | "many";

/** What the caller asked for; files are read by `prepare`. */
export type NightRequest = FleetRequest & {
  night: string;
  zone: string;
  prices: string | undefined;
  carbon: string | undefined;
  faults: FaultLevel;
  /** `02:00-04:00=5`: a grid event of 5 kW. */
  event?: string | undefined;
};

/** Everything a night needs, read and checked before anything is started. */
export type NightInputs = Fleet & {
  night: Night;
  prices: FeedPoint[];
  carbon: FeedPoint[];
  /** Which of them are made up. */
  generated: { octopus: boolean; carbon: boolean };
  vendors: Vendor[];
  faults: FaultLevel;
  seed: number;
  event?: NightEvent;
  /** What a reader of the report must know about the inputs. */
  notes: string[];
};

/** Estimates look two days back, so the feeds hold that much before the night and a day after it. */
const BEFORE_MS = 72 * HOUR_MS;
const AFTER_MS = 36 * HOUR_MS;
/** A night with more price half-hours missing than this is not a night of that file. */
const MOST_MISSING = 8;

/** Reads and checks all inputs. Throws BadInput with one sentence that names the file, line or option at fault. */
export async function prepare(request: NightRequest): Promise<NightInputs> {
  checkCounts(request);
  const night = nightOf(request.night, request.zone);
  const event = request.event === undefined ? undefined : nightEventOf(request.event, night);
  const span = { fromMs: night.startsAtMs - BEFORE_MS, toMs: night.endsAtMs + AFTER_MS };
  const notes: string[] = [];
  const generated = generatedSpan({ seed: request.seed, ...span, zone: request.zone });

  const prices = request.prices
    ? await readPrices(request.prices, { ...span, name: `night ${night.date}` })
    : generated.prices;
  const carbon = request.carbon
    ? await readCarbon(request.carbon, { ...span, name: `night ${night.date}` })
    : generated.carbon;
  if (!request.prices) notes.push(`prices are generated (seed ${request.seed})`);
  if (!request.carbon) notes.push(`carbon is generated (seed ${request.seed})`);
  if (request.prices) notes.push("prices are the recorded ones in every region");
  if (request.carbon) notes.push("carbon is the recorded one in every region");
  for (const [what, file, points] of [
    ["price", request.prices, prices],
    ["carbon", request.carbon, carbon],
  ] as const) {
    const missing = missingHalfHours(points, night);
    if (missing > MOST_MISSING) {
      throw new BadInput(
        `night ${night.date} is not covered by ${file}: ${missing} ${what} half-hours from noon to noon are missing`,
      );
    }
    if (missing > 0)
      notes.push(`${missing} ${what} half-hours are missing in the file; the bill uses the value before the hole`);
  }

  const vendors = await loadVendors();
  const { fleet, notes: ofFleet } = fleetFor(request, night, vendors);
  notes.push(...ofFleet);
  if (request.solarSites > 0) notes.push("all energy is billed as bought, also where a roof gave it");
  return {
    ...fleet,
    generated: { octopus: !request.prices, carbon: !request.carbon },
    night,
    prices,
    carbon,
    vendors,
    faults: request.faults,
    seed: request.seed,
    ...(event && { event }),
    notes,
  };
}

/** Feed points as published slots, for billing. */
export function toSlots(points: readonly FeedPoint[]): Slot[] {
  return points.map((point): Slot => {
    const startsAt: Instant = instant(point.startsAtMs);
    return { startsAt, endsAt: instant(point.endsAtMs), value: point.value, kind: "actual", issuedAt: startsAt };
  });
}

function missingHalfHours(points: readonly FeedPoint[], night: Night): number {
  const inside = halfHourly(points).filter(
    (point) => point.startsAtMs >= night.startsAtMs && point.endsAtMs <= night.endsAtMs,
  );
  return Math.round((night.endsAtMs - night.startsAtMs) / (HOUR_MS / 2)) - inside.length;
}
