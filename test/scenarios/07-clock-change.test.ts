import { describe, expect, it } from "vitest";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { ProductionReading } from "../../shared/domain/reading.ts";
import { at } from "../builders.ts";
import { fakeClock } from "../fakes/clock.ts";
import { aSolarEdgeCloud } from "./clouds.ts";
import { aWorld } from "./world.ts";

describe("7. A SolarEdge site on the days on which clocks change", () => {
  it.each<[string, string, string, number]>([
    ["autumn", "Europe/London", "2026-10-24T23:00Z", 25],
    ["spring", "Europe/London", "2026-03-29T00:00Z", 23],
    ["autumn", "Australia/Sydney", "2026-04-04T13:00Z", 25],
    ["spring", "Australia/Sydney", "2026-10-03T14:00Z", 23],
  ])(
    "in %s, in %s from %s: %i hours, each once, and together the day's energy",
    async (_, timeZone, midnight, hours) => {
      const from = at(midnight);
      const to = plusMs(from, hours * HOUR_MS);
      const clock = fakeClock(plusMs(from, -HOUR_MS));
      const solar = await aSolarEdgeCloud(clock, { timeZone });
      const world = await aWorld(clock, [solar.cloud]);
      const stored: ProductionReading[] = [];
      while (clock.now() < plusMs(to, HOUR_MS)) {
        await world.pass(10 * MINUTE_MS);
        const reading = (await world.latest("solar-0001"))?.reading;
        if (reading?.stream === "production" && reading.observedAt !== stored.at(-1)?.observedAt) stored.push(reading);
      }
      const told = stored.filter(({ producedKwh }) => producedKwh !== null);
      // No period of energy begins before the last one ended; in the dark, when there is none, it may begin later.
      for (const [index, { producedFrom }] of told.entries())
        if (index > 0) expect((producedFrom ?? "") >= (told[index - 1]?.observedAt ?? "")).toBe(true);
      const [first, last] = [told[0]?.producedFrom, told.at(-1)?.observedAt];
      if (!first || !last) throw new Error("nothing was told");
      const trueKwh = (a: string, b: string) =>
        solar.simulator.truth("1000001", Date.parse(a), Date.parse(b)).productionWh / 1000;
      const toldKwh = told.reduce((sum, { producedKwh }) => sum + (producedKwh ?? 0), 0);
      expect(toldKwh).toBeCloseTo(trueKwh(first, last), 6);
      expect(toldKwh).toBeGreaterThan(3);
      // The whole day is within what was told, which goes on in the dark.
      expect(trueKwh(from, to)).toBeCloseTo(toldKwh - trueKwh(first, from), 6);
      expect(epochMs(to) - epochMs(from)).toBe(hours * HOUR_MS);
      expect(solar.simulator.calls().filter(({ status }) => status !== 200)).toEqual([]);
    },
  );
});
