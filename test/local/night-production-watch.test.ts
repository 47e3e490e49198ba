import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../local/clock.ts";
import { nightOf } from "../../local/night/night.ts";
import { watchProduction } from "../../local/night/production-watch.ts";
import { HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { aProductionReading, aSolarSite } from "../builders.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";

const night = nightOf("2026-01-14", "Europe/London");
const startsAtMs = night.startsAtMs;

function reach(lastFetchedAtMs: number) {
  return { lastFetchedAt: instant(lastFetchedAtMs), online: true, failures: 0, faultClass: null };
}

describe("what the platform knows of a solar site", () => {
  it("is looked up every half hour of the night, and is nothing once it is older than two hours", async () => {
    const clock = new VirtualClock(startsAtMs);
    const readings = fakeReadingsStore();
    const watch = watchProduction([aSolarSite(), aSolarSite({ assetId: "solar-0002" })], night, readings, clock);
    const observedAt = instant(startsAtMs + HOUR_MS);
    clock.at(startsAtMs + HOUR_MS + MINUTE_MS, "a reading", () =>
      readings.record(aProductionReading({ observedAt, productionKw: 1.5 }), reach(startsAtMs + HOUR_MS + MINUTE_MS)),
    );
    await clock.runUntil(night.endsAtMs + HOUR_MS);
    const samples = await watch.samples();
    expect(samples).toHaveLength(2 * 48);
    const known = samples.filter(({ productionKw }) => productionKw !== null);
    expect(known).toEqual(
      [1.5, 2, 2.5, 3].map((hours) => ({
        assetId: "solar-0001",
        atMs: startsAtMs + hours * HOUR_MS,
        productionKw: 1.5,
      })),
    );
  });

  it("is not asked for where there is no site", async () => {
    const clock = new VirtualClock(startsAtMs);
    const readings = { latest: () => Promise.reject(new Error("asked")) };
    const watch = watchProduction([], night, readings, clock);
    await clock.runUntil(night.endsAtMs);
    expect(await watch.samples()).toEqual([]);
  });
});
