import { describe, expect, it } from "vitest";
import { handBack, heldOf } from "../../local/ops/hand-back.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { slotDay } from "../builders.ts";
import { aTeslaCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const CAR = "car-0001";
const NIGHT = slotDay({
  from: "2026-11-20T17:00Z",
  to: "2026-11-21T12:00Z",
  cheapFrom: "2026-11-21T01:00Z",
  cheapTo: "2026-11-21T04:00Z",
});

/** A car that came charging in the evening, and was stopped until the cheap hours. */
async function stopped() {
  const clock = evening();
  const tesla = await aTeslaCloud(clock);
  const world = await aWorld(clock, [tesla.cloud], { price: NIGHT });
  await world.pass(HOUR_MS);
  expect(tesla.truth().powerKw).toBe(0);
  expect(await heldOf([CAR], world.connection)).toEqual([
    { assetId: CAR, action: { kind: "charge.stop" }, isReachable: true },
  ]);
  return { ...world, tesla };
}

describe("17. A customer takes control back while the car waits for a cheaper hour", () => {
  it("the car charges within minutes, and is never commanded again", async () => {
    const { tesla, pass, connection, commands } = await stopped();
    const [car] = await connection.assets.get([CAR]);
    if (!car) throw new Error("the car is gone");
    const before = commands.all().length;
    await connection.assets.put({ ...car, consent: { control: false, givenAt: connection.now() } });
    await connection.bus.publish([{ name: "AssetEnrolled", detail: { assetId: CAR, fleetId: "main" } }]);
    await pass(3 * MINUTE_MS);
    expect(tesla.truth().powerKw).toBeGreaterThan(1);
    await pass(12 * HOUR_MS);
    const since = commands.all().slice(before);
    expect(since.map(({ action, status, purpose }) => [action.kind, status, purpose])).toEqual([
      ["charge.start", "confirmed", "release"],
    ]);
  });

  it("a customer who is about to be removed has the car given back before", async () => {
    const { tesla, pass, connection } = await stopped();
    const beganMs = Date.parse(connection.now());
    await handBack(await heldOf([CAR], connection), connection, pass);
    expect(Date.parse(connection.now()) - beganMs).toBeLessThanOrEqual(3 * MINUTE_MS);
    expect(await heldOf([CAR], connection)).toEqual([]);
    expect(tesla.truth().powerKw).toBeGreaterThan(1);
  });
});
