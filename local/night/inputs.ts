import { loadManifests } from "../../lib/manifests.ts";
import { HOUR_MS, type Instant, instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { readCarbon, readPrices } from "../feeds/csv.ts";
import { generatedSpan } from "../feeds/generated.ts";
import { type FeedPoint, halfHourly } from "../feeds/points.ts";
import { seededRandom } from "../random.ts";
import { carsFor, type NightCar } from "./cars.ts";
import { type Night, nightOf } from "./night.ts";
import { drawSessions, generateSessions, readSessions } from "./sessions.ts";

export type FaultLevel = "none" | "some" | "many";

/** What the caller asked for; files are read by `prepare`. */
export type NightRequest = {
  night: string;
  zone: string;
  cars: number | undefined;
  prices: string | undefined;
  carbon: string | undefined;
  sessions: string | undefined;
  faults: FaultLevel;
  seed: number;
  carbonWeightPencePerKg: number;
};

/** Everything a night needs, read and checked before anything is started. */
export type NightInputs = {
  night: Night;
  prices: FeedPoint[];
  carbon: FeedPoint[];
  cars: NightCar[];
  faults: FaultLevel;
  seed: number;
  /** What a reader of the report must know about the inputs. */
  notes: string[];
};

const DEFAULT_CARS = 5;
const MAX_CARS = 2000;
/** Estimates look two days back, so the feeds hold that much before the night and a day after it. */
const BEFORE_MS = 72 * HOUR_MS;
const AFTER_MS = 36 * HOUR_MS;
/** A night with more price half-hours missing than this is not a night of that file. */
const MOST_MISSING = 8;

/** Reads and checks all inputs. Throws BadInput with one sentence that names the file, line or option at fault. */
export async function prepare(request: NightRequest): Promise<NightInputs> {
  if (request.cars !== undefined && (!Number.isInteger(request.cars) || request.cars < 1 || request.cars > MAX_CARS)) {
    throw new BadInput(`--cars wants a whole number from 1 to ${MAX_CARS}`);
  }
  const night = nightOf(request.night, request.zone);
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

  const random = seededRandom(request.seed);
  let sessions = generateSessions(night, request.cars ?? DEFAULT_CARS, random);
  if (request.sessions) {
    const recorded = readSessions(request.sessions);
    const drawn = drawSessions(recorded.sessions, night, request.cars, random, request.sessions);
    sessions = drawn.sessions;
    notes.push(...drawn.notes);
    if (recorded.leftOut > 0)
      notes.push(`${recorded.leftOut} recorded sessions have no usable stay or energy and are left out`);
  } else {
    notes.push(`charging sessions are generated (seed ${request.seed})`);
  }
  const longer = sessions.filter((session) => session.departsAtMs > night.endsAtMs).length;
  if (longer > 0)
    notes.push(
      `${longer} ${longer === 1 ? "car stays" : "cars stay"} longer than the night and must be ready at its end`,
    );
  const cars = carsFor(sessions, night, random, {
    integration: await vehicleIntegration(),
    carbonWeightPencePerKg: request.carbonWeightPencePerKg,
  });
  return { night, prices, carbon, cars, faults: request.faults, seed: request.seed, notes };
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

/** The first integration that reaches cars, by name: a night needs no more to know of a vendor. */
async function vehicleIntegration(): Promise<string> {
  const vehicles = (await loadManifests()).filter((manifest) => manifest.family === "vehicle");
  const [first] = vehicles.map((manifest) => manifest.name).sort();
  if (first === undefined) throw new Error("no integration under lambdas/integrations is of family vehicle");
  return first;
}
