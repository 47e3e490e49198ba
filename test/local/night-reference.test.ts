import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readCarbon, readPrices } from "../../local/feeds/csv.ts";
import type { FeedPoint } from "../../local/feeds/points.ts";
import { carsFor, type NightCar } from "../../local/night/cars.ts";
import { chargeNow, hindsight, TrueSignals } from "../../local/night/hindsight.ts";
import { households } from "../../local/night/household.ts";
import { toSlots } from "../../local/night/inputs.ts";
import { readSessions, type Session } from "../../local/night/sessions.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";

const DATA = process.env.HEADROOM_SHARED_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const SESSIONS = `${DATA}/sessions/norway_residential_2019-09-15_2019-12-15.csv`;
const has = existsSync(`${DATA}/sessions/reference_costs.json`);

const Case = z.object({
  sessions: z.number(),
  skipped_no_or_zero_stay: z.number(),
  skipped_outside_signal: z.number(),
  immediate: z.number(),
  cheapest: z.number(),
  signal_file: z.string(),
  max_kw: z.number(),
  shift_days: z.number(),
});
const Reference = z.object({ cases: z.object({ norway_on_agile_price: Case, norway_on_gb_carbon: Case }) });

/** A car that draws `maxKw` at most, for a whole stay. */
function carOf(session: Session, maxKw: number): NightCar {
  const stay = { date: "", zone: "Europe/London", startsAtMs: session.arrivesAtMs, endsAtMs: session.departsAtMs };
  const [car] = carsFor([session], stay, () => 0.99, {
    vendors: [{ name: "acme", vendorAssetId: String }],
    household: households(stay, 0),
    carbonWeightPencePerKg: 0,
  });
  if (!car) throw new Error("a session gives a car");
  return { ...car, asset: { ...car.asset, supply: { ...car.asset.supply, voltageV: (maxKw * 1000) / 32 } } };
}

/** The values of the stay, when all of it has one. */
function valuesOf(points: readonly FeedPoint[], { arrivesAtMs, departsAtMs }: Session): FeedPoint[] | undefined {
  const during = points.filter((point) => point.endsAtMs > arrivesAtMs && point.startsAtMs < departsAtMs);
  const knownMs = during.reduce(
    (sum, point) => sum + Math.min(point.endsAtMs, departsAtMs) - Math.max(point.startsAtMs, arrivesAtMs),
    0,
  );
  return knownMs === departsAtMs - arrivesAtMs ? during : undefined;
}

function relativeError(ours: number, theirs: number): number {
  return Math.abs(ours - theirs) / theirs;
}

describe.skipIf(!has)("with the recorded Norwegian sessions (skipped where the data is absent)", () => {
  const wanted = { fromMs: Date.parse("2023-09-01T00:00Z"), toMs: Date.parse("2023-12-20T00:00Z"), name: "autumn" };

  it.each([
    ["norway_on_agile_price", readPrices],
    ["norway_on_gb_carbon", readCarbon],
  ] as const)("charging at plug-in and hindsight give the reference sums of %s", async (name, read) => {
    const reference = Reference.parse(JSON.parse(readFileSync(`${DATA}/sessions/reference_costs.json`, "utf8"))).cases[
      name
    ];
    const points = await read(`${DATA}/signals/${reference.signal_file}`, wanted);
    const { sessions, leftOut } = readSessions(SESSIONS);
    const shiftMs = reference.shift_days * 24 * HOUR_MS;
    const sums = { immediate: 0, cheapest: 0, sessions: 0, outside: 0 };
    for (const recorded of sessions) {
      const session = {
        ...recorded,
        arrivesAtMs: recorded.arrivesAtMs + shiftMs,
        departsAtMs: recorded.departsAtMs + shiftMs,
      };
      const values = valuesOf(points, session);
      if (!values) {
        sums.outside++;
        continue;
      }
      const car = carOf(session, reference.max_kw);
      // The sums are of one signal, price or carbon: it is the plan's cost either way.
      const signals = new TrueSignals(toSlots(values), []);
      sums.sessions++;
      sums.immediate += chargeNow(car, signals).costPence;
      sums.cheapest += hindsight(car, signals).costPence;
    }
    expect(sums.outside).toBe(reference.skipped_outside_signal);
    // We leave out stays under ten minutes and without energy too; the reference keeps those.
    expect(sums.sessions + leftOut).toBe(reference.sessions + reference.skipped_no_or_zero_stay);
    expect(relativeError(sums.immediate, reference.immediate)).toBeLessThan(0.001);
    expect(relativeError(sums.cheapest, reference.cheapest)).toBeLessThan(0.001);
  });
});
