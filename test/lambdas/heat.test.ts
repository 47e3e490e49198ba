import { describe, expect, it } from "vitest";
import { replanHeat } from "../../lambdas/optimiser/heat.ts";
import type { SiteSurplus } from "../../lambdas/optimiser/surplus.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { HeatReading } from "../../shared/domain/reading.ts";
import { aCommand, aHeatPump, aHeatReading, aPlan, at, slotsFrom } from "../builders.ts";

const NOW = at("2026-11-20T12:10Z");
/** Cheap until 16:00, dear until 19:00, middling until 02:00. */
const PRICE = slotsFrom("2026-11-20T12:00Z", [...Array(8).fill(12), ...Array(6).fill(45), ...Array(14).fill(20)]);

function heat(
  changes: {
    reading?: Partial<HeatReading>;
    previous?: Plan;
    recent?: Command[];
    price?: typeof PRICE;
    solar?: SiteSurplus;
    preferences?: object;
  } = {},
) {
  const asset = aHeatPump();
  return replanHeat(
    {
      asset: { ...asset, preferences: { ...asset.preferences, ...changes.preferences } },
      reading: aHeatReading({ observedAt: plusMs(NOW, -300_000), hotWaterC: 52, mode: "normal", ...changes.reading }),
      previous: changes.previous,
      recent: changes.recent ?? [],
    },
    { price: changes.price ?? PRICE, carbon: [] },
    NOW,
    changes.solar,
  );
}
const modes = (plan: Plan | undefined) => plan?.windows.map(({ heatMode }) => heatMode);

describe("a plan of a heat pump", () => {
  it("heats in the cheap hours, before the dear ones", () => {
    const plan = heat();
    expect(modes(plan)).toContain("boost");
    const boost = plan?.windows.find(({ heatMode }) => heatMode === "boost");
    expect(boost).toMatchObject({ reason: "cheapest", powerKw: 3 });
    expect((boost?.endsAt ?? "") <= "2026-11-20T16:00:00.000Z").toBe(true);
    expect(plan?.notes[0]).toMatch(/estimated/);
  });

  it("begins and ends its windows on half-hours, so that a re-plan does not move them", () => {
    for (const { startsAt, endsAt } of heat()?.windows ?? []) {
      if (startsAt !== NOW) expect(epochMs(startsAt) % (HOUR_MS / 2)).toBe(0);
      expect(epochMs(endsAt) % (HOUR_MS / 2)).toBe(0);
    }
  });

  it("reaches as far as prices are known, and no further", () => {
    expect(heat()?.readyBy).toBe("2026-11-21T02:00:00.000Z");
    expect(heat({ price: [] })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof heat>[0]]>([
    ["has told no temperature", { reading: { hotWaterC: null } }],
    ["told it hours ago", { reading: { observedAt: at("2026-11-20T10:00Z") } }],
    ["has nothing to gain", { price: slotsFrom("2026-11-20T12:00Z", Array(28).fill(20)) }],
    ["has changed often enough today", { recent: Array(6).fill(aCommand({ issuedAt: at("2026-11-20T09:00Z") })) }],
  ])("is not made for one that %s", (_, changes) => {
    expect(heat(changes)).toBeUndefined();
  });

  it("is emptied when the temperature is lost, and kept while the reading is only old", () => {
    const previous = aPlan({ assetId: "heat-pump-0001", version: 3 });
    expect(heat({ previous, reading: { hotWaterC: null } })).toMatchObject({
      version: 4,
      windows: [],
      notes: ["the tank's temperature is unknown"],
    });
    expect(heat({ previous, reading: { observedAt: at("2026-11-20T10:00Z") } })).toBeUndefined();
  });

  it("leaves rooms alone that are at the edge of their band", () => {
    const band = { indoorMinC: 19, indoorMaxC: 22 };
    expect(modes(heat({ preferences: band, reading: { indoorC: 21.7 } }))).not.toContain("boost");
    expect(modes(heat({ preferences: band, reading: { indoorC: 19.3 } }))).not.toContain("reduced");
    expect(modes(heat({ preferences: band, reading: { indoorC: 20.5 } }))).toContain("boost");
  });

  it("heats on the site's own sun while it lasts", () => {
    const flat = slotsFrom("2026-11-20T12:00Z", Array(28).fill(25));
    const known = { powerKw: 3, pencePerKwh: 4, measuredAt: NOW, untilMs: epochMs(NOW) + HOUR_MS };
    const reading = { hotWaterC: 56, compressorOn: false };
    expect(heat({ price: flat, reading })).toBeUndefined();
    const [window] = heat({ price: flat, reading, solar: { known } })?.windows ?? [];
    expect(window).toMatchObject({ heatMode: "boost", reason: "surplus" });
    expect(epochMs(window?.endsAt ?? NOW)).toBeLessThanOrEqual(known.untilMs);
    expect(heat({ solar: { unknown: "solar power is unknown: it was never read" } })?.notes).toContain(
      "solar power is unknown: it was never read",
    );
  });
});
