import { describe, expect, it } from "vitest";
import type { Action } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld, EVENING, evening } from "./world.ts";

type Clock = ReturnType<typeof evening>;
type Call = { kind: string; status: number; atMs: number; accountId?: string };
type Case = { cloud: Cloud; simulator: { calls(): Call[] }; revoke?: () => void };
const NOW_MS = epochMs(EVENING);

/** Two customers of each vendor, of whom the first one's login is refused from its next renewal on. */
const cases: [string, Action | undefined, (clock: Clock) => Promise<Case>][] = [
  [
    "Tesla",
    { kind: "charge.stop" },
    (clock) =>
      aTeslaCloud(clock, {
        cars: [{}, {}],
        tokens: { rotation: "strict", accessLifeMs: HOUR_MS },
        rules: [{ kind: "lost-rotation", accountIds: ["driver-0001"], times: 1 }],
      }),
  ],
  [
    "Easee",
    { kind: "charge.stop" },
    (clock) =>
      anEaseeCloud(clock, {
        chargers: [{}, {}],
        rules: [{ kind: "password-changed", subjects: ["host-0001"], times: 1 }],
      }),
  ],
  [
    "Viessmann",
    { kind: "heat.mode", mode: "boost" },
    async (clock) => {
      const built = await aViessmannCloud(clock, { pumps: [{}, {}] });
      return { ...built, revoke: () => built.simulator.revoke("tenant-0001") };
    },
  ],
  [
    "SolarEdge",
    undefined,
    (clock) =>
      aSolarEdgeCloud(clock, {
        sites: 2,
        rules: [{ kind: "consent-withdrawn", accountId: "roof-owner-0001", atMs: NOW_MS + 30 * MINUTE_MS }],
      }),
  ],
];

describe("10. A vendor refuses to renew a customer's login", () => {
  it.each(cases)("%s: one word to the customer, no further try, and nobody else notices", async (_, action, build) => {
    const clock = evening();
    const { cloud, simulator, revoke } = await build(clock);
    const world = await aWorld(clock, [cloud]);
    const [refused, neighbour] = cloud.assets;
    if (!refused || !neighbour) throw new Error("two customers are needed");
    await world.pass(30 * MINUTE_MS);
    revoke?.();
    await world.pass(5 * HOUR_MS);
    const logins = () =>
      simulator.calls().filter(({ kind, accountId }) => kind === "token" && accountId === refused.accountId);
    const tried = logins().length;
    // The platform goes on planning for it: its commands are refused, and that is not told again.
    for (let hour = 0; hour < 3; hour++) {
      if (action) await world.issue(refused.assetId, action);
      await world.pass(HOUR_MS);
    }
    expect(logins()).toHaveLength(tried);
    expect(world.events("FaultRaised", refused.assetId)).toMatchObject([{ faultClass: "credentials-revoked" }]);
    expect(world.events("FaultRaised", refused.assetId)[0]?.nextStep).toMatch(/reconnect/);
    // Refused once may be a race of our own; the second refusal, a lease's time later, is the last.
    expect(world.log.of("TOKEN_REFRESH_REFUSED")).toHaveLength(2);

    expect(world.events("FaultRaised", neighbour.assetId)).toEqual([]);
    expect(await world.latest(neighbour.assetId)).toMatchObject({ reach: { failures: 0, faultClass: null } });
  });

  it("that reaches three cars: one word for all of them, and one when it is linked again", async () => {
    const clock = evening();
    const owner = { accountId: "driver-0001" };
    const tesla = await aTeslaCloud(clock, {
      cars: [owner, owner, owner, { accountId: "driver-0002" }],
      tokens: { rotation: "strict", accessLifeMs: HOUR_MS },
      rules: [{ kind: "lost-rotation", accountIds: [owner.accountId], times: 1 }],
    });
    const world = await aWorld(clock, [tesla.cloud]);
    await world.pass(2 * HOUR_MS);
    for (const { assetId } of tesla.cloud.assets) await world.issue(assetId, { kind: "charge.stop" });
    await world.pass(2 * HOUR_MS);
    expect(world.events("FaultRaised")).toMatchObject([{ faultClass: "credentials-revoked", ...owner }]);
    await world.link(tesla.cloud, owner.accountId);
    await world.pass(3 * HOUR_MS);
    expect(world.events("FaultCleared")).toMatchObject([{ faultClass: "credentials-revoked", ...owner }]);
    expect(world.events("FaultRaised")).toHaveLength(1);
  });

  it("and when a command meets it before any look does, the looks do not tell it again", async () => {
    const clock = evening();
    const easee = await anEaseeCloud(clock, { rules: [{ kind: "password-changed", times: 1 }] });
    const world = await aWorld(clock, [easee.cloud]);
    clock.advance(2 * HOUR_MS);
    const command = await world.issue("charger-0001", { kind: "charge.stop" });
    await world.pass(4 * HOUR_MS);
    expect(await world.row(command)).toMatchObject({ status: "rejected", faultClass: "credentials-revoked" });
    expect(world.events("FaultRaised")).toMatchObject([{ faultClass: "credentials-revoked" }]);
  });
});
