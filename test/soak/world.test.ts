import { afterEach, describe, expect, it } from "vitest";
import { startWorld, type World } from "../../local/soak/world.ts";

let world: World | undefined;
afterEach(() => world?.stop());

describe("the world of a soak", () => {
  // By its name this one would be a charger that waits to be started.
  it.each(["", "soak-mwrx3bo6-7hl-"])("has a charger that draws from the start (prefix '%s')", async (prefix) => {
    let nowMs = Date.parse("2026-11-20T14:13:30Z");
    world = await startWorld(prefix, { now: () => nowMs });
    nowMs += 60_000;
    const charger = world.customers.find(({ asset }) => asset.kind === "charger");
    const intervals = charger?.simulation.intervals(charger.asset.assetId) ?? [];
    expect(intervals).toMatchObject([{ powerKw: expect.closeTo(7.36, 1) }]);
  });
});
