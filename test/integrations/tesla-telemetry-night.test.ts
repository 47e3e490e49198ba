import { describe, expect, it } from "vitest";
import { CarTelemetry } from "../../lambdas/integrations/tesla/simulator-telemetry.ts";
import { ingest } from "../../lambdas/integrations/tesla/telemetry-batch.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { anAsset } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { VIN } from "./tesla-simulator-night.ts";
import { aTeslaWorld, EVENING } from "./tesla-world.ts";

const AN_HOUR = (from: number) => ({
  startsAtMs: Date.parse(EVENING) + from * HOUR_MS,
  endsAtMs: Date.parse(EVENING) + (from + 1) * HOUR_MS,
});

/** A night of pushes alone, no call made: what the platform believes after each batch, beside what is true. */
async function aNightOfPushes(options: { typed: boolean; seed: number }) {
  const world = await aTeslaWorld({ car: { ownSchedule: { mode: "DepartBy", marginMinutes: 5 } } });
  const preheating = [{ ...AN_HOUR(2), powerKw: 3.3 }];
  const telemetry = new CarTelemetry({ ...options, vin: VIN, preheating });
  const car = anAsset({ integration: "tesla", vendorAssetId: VIN });
  const nights: {
    truth: ReturnType<typeof world.truth>;
    known: Awaited<ReturnType<typeof world.latest>>;
    hour: number;
  }[] = [];
  for (let minute = 0; minute < 14 * 60; minute++) {
    for (const second of [0, 20, 40]) {
      telemetry.observe(world.truth(), Date.parse(plusMs(EVENING, minute * MINUTE_MS + second * 1000)));
      world.clock.advance(20_000);
    }
    await ingest(telemetry.take(), {
      ...world.deps,
      integration: "tesla",
      carOf: async () => (car.kind === "car" ? car : undefined),
      meter: fakeMeter(),
    });
    const known = await world.latest();
    // Before the clock goes on: the last look of the car at itself was 20 s ago.
    nights.push({ truth: world.truth(), known, hour: minute / 60 });
  }
  return { world, nights };
}

describe.each([
  { typed: false, seed: 1 },
  { typed: true, seed: 2 },
])("a night told by pushes in disorder (%j)", (options) => {
  it("is believed as it is, without a call", async () => {
    const { world, nights } = await aNightOfPushes(options);
    const words = new Set<string | null | undefined>();
    let wrong = 0;
    for (const { truth, known, hour } of nights) {
      const reading = asCharge(known?.reading);
      words.add(reading?.state);
      // What changed in the last 20 seconds is told in the next batch.
      if (reading?.state !== truth.phase) wrong += 1;
      const isWarming = hour >= 2 && hour < 3;
      if (reading?.state === truth.phase && reading.powerKw !== null)
        expect(reading.powerKw, `at ${hour}`).toBeCloseTo(isWarming && truth.plugged ? 3.3 : truth.powerKw, 1);
      if (truth.connectivity === "online" && reading?.socPercent !== null)
        expect(Math.abs((reading?.socPercent ?? 0) - truth.socPercent)).toBeLessThan(0.5);
    }
    expect(wrong).toBeLessThan(5);
    expect(words).toEqual(new Set(["stopped", "charging", "complete", "disconnected"]));
    expect(nights.at(-1)?.known).toMatchObject({ reading: { state: "disconnected", plugged: false, powerKw: 0 } });
    expect(world.counted).toEqual([]);
    expect(world.log.codes()).toEqual([]);
  });

  it("is told to the planner when something changes that matters, and no more often", async () => {
    const { world } = await aNightOfPushes(options);
    const mattering = published(world.bus, "TelemetryRecorded").filter(({ matters }) => matters);
    // 40 whole percents and four changes of state.
    expect(mattering.length).toBeGreaterThan(40);
    expect(mattering.length).toBeLessThan(60);
  });
});
