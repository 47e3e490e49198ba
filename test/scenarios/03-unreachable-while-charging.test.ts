import { describe, expect, it } from "vitest";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { aTeslaCloud } from "./clouds.ts";
import { aWorld, EVENING, evening } from "./world.ts";

const CAR = "car-0001";
const STOP = { kind: "charge.stop" } as const;

/** A car on three phases that draws 11 kW; from half past six on its cloud says that it is offline or asleep. */
async function unreachable(hours: number) {
  const clock = evening();
  const startsAtMs = epochMs(EVENING) + 30 * MINUTE_MS;
  const tesla = await aTeslaCloud(clock, {
    cars: [{ phases: 3, maxCurrentA: 16, batteryCapacityKwh: 100, initialSocPercent: 10, chargeLimitPercent: 100 }],
    asset: { supply: { voltageV: 230, phases: 3, maxCurrentA: 16, minCurrentA: 6 } },
    rules: [{ kind: "unreachable-while-charging", startsAtMs, endsAtMs: startsAtMs + hours * HOUR_MS }],
  });
  const world = await aWorld(clock, [tesla.cloud]);
  await world.pass(31 * MINUTE_MS);
  return { ...world, tesla };
}

describe("3. A car answers “offline or asleep” to a stop while it is seen drawing 11 kW", () => {
  it("stays charging for the platform, which never calls the stop done", async () => {
    const world = await unreachable(4);
    const stop = await world.issue(CAR, STOP);
    await world.pass(4 * HOUR_MS - 35 * MINUTE_MS);
    const latest = await world.latest(CAR);
    expect(latest).toMatchObject({ reading: { state: "charging" }, reach: { online: false } });
    expect(latest?.reading?.stream === "charge" ? latest.reading.powerKw : 0).toBeCloseTo(11, 0);
    expect(world.tesla.truth()).toMatchObject({ charging: true });
    expect((await world.row(stop)).status).toBe("expired");
    expect(world.story(CAR)).not.toContain("CommandConfirmed");
    expect(world.story(CAR)).not.toContain("CommandAccepted");
  });

  it("is asked again within a bound, and never woken", async () => {
    const world = await unreachable(4);
    await world.issue(CAR, STOP);
    await world.pass(4 * HOUR_MS - 35 * MINUTE_MS);
    const sent = world.tesla.commands();
    expect(new Set(sent)).toEqual(new Set(["charge_stop"]));
    // Quick at first, then every five minutes until it is too late to matter.
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.length).toBeLessThanOrEqual(45);
  });

  it("raises one fault that says so, and clears it when the stop is taken at last", async () => {
    const world = await unreachable(1);
    const stop = await world.issue(CAR, STOP);
    await world.pass(30 * MINUTE_MS);
    const raised = world.events("FaultRaised", CAR);
    expect(raised).toMatchObject([{ faultClass: "device-offline" }]);
    expect(raised[0]?.nextStep).toMatch(/draws power/);
    await world.pass(HOUR_MS);
    expect((await world.row(stop)).status).toBe("confirmed");
    expect(world.tesla.truth()).toMatchObject({ charging: false });
    expect(world.events("FaultRaised", CAR)).toHaveLength(1);
    expect(world.events("FaultCleared", CAR)).toMatchObject([{ faultClass: "device-offline" }]);
  });
});
