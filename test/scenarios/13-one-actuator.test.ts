import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import { slotDay } from "../builders.ts";
import { anEaseeCloud, aTeslaCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const HOME = { site: { siteId: "home-0001", timeZone: "Europe/London" } };
const NIGHT = slotDay({
  from: "2026-11-20T17:00Z",
  to: "2026-11-21T12:00Z",
  cheapFrom: "2026-11-21T01:00Z",
  cheapTo: "2026-11-21T04:00Z",
});

describe("13. A customer has a Tesla and the Easee that it plugs into", () => {
  it("the charger acts for both, and the car is only read", async () => {
    const clock = evening();
    const tesla = await aTeslaCloud(clock, { asset: { ...HOME, chargerId: "charger-0001" } });
    const easee = await anEaseeCloud(clock, { asset: HOME });
    const world = await aWorld(clock, [tesla.cloud, easee.cloud], { price: NIGHT });
    await world.pass(12 * HOUR_MS);
    expect(tesla.commands()).toEqual([]);
    expect(tesla.kinds()).not.toContain("wake");
    expect((await world.latest("car-0001"))?.reading).toMatchObject({ stream: "charge" });
    expect(new Set(world.commands.all().map(({ assetId }) => assetId))).toEqual(new Set(["charger-0001"]));
    expect(easee.effective().length).toBeGreaterThan(0);
    expect(world.story("charger-0001")).toContain("CommandConfirmed");
  });
});
