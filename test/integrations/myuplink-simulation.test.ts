import { expect, it } from "vitest";
import { startSimulation } from "../../lambdas/integrations/myuplink/simulation.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import { aPump } from "./myuplink-bench.ts";

const NO_OTHERS = { cars: [], chargers: [], solarSites: [], siteLoadKw: () => 0, fedBy: () => [] };
const STARTS = Date.UTC(2026, 10, 20, 18);
const heatPumps = Array.from({ length: 10 }, (_, index) =>
  aPump({
    assetId: `pump-000${index}`,
    accountId: `customer-000${index}`,
    vendorAssetId: `test-r-${index}`,
  }),
);

/** A night of looks by nobody but us; `everyMs` is how often. */
async function night(seed: number, faults: "none" | "some" | "many", everyMs: number) {
  let nowMs = STARTS;
  const span = { startsAtMs: STARTS, endsAtMs: STARTS + 12 * HOUR_MS };
  const simulation = await startSimulation({
    clock: { now: () => nowMs },
    ...NO_OTHERS,
    heatPumps,
    seed,
    faults,
    ...span,
  });
  try {
    while (nowMs < span.endsAtMs) {
      nowMs += everyMs;
      for (const [index, { accountId }] of heatPumps.entries()) {
        const token = simulation.issueTokens(accountId).accessToken;
        const url = new URL(`/v2/devices/test-r-${index}/points`, simulation.endpoints.MYUPLINK_API_URL);
        await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch(() => undefined);
      }
    }
    return {
      intervals: heatPumps.map(({ assetId }) => simulation.intervals(assetId)),
      faults: simulation.injections(),
      calls: simulation.calls(),
      effective: simulation.effectiveCalls(),
      ready: simulation.couldBeReady("pump-0000"),
    };
  } finally {
    await simulation.stop();
  }
}

it("plays the same night for the same seed, and another for another", async () => {
  const first = await night(1, "many", HOUR_MS);
  expect(await night(1, "many", HOUR_MS)).toEqual(first);
  expect((await night(2, "many", HOUR_MS)).intervals).not.toEqual(first.intervals);
});

it("is not changed by who looks, and heats every house", async () => {
  const seldom = await night(1, "none", 6 * HOUR_MS);
  const often = await night(1, "none", HOUR_MS / 2);
  expect(often.intervals).toEqual(seldom.intervals);
  expect(seldom.intervals.every((intervals) => intervals.length > 1)).toBe(true);
  expect(seldom).toMatchObject({ faults: [], effective: [], ready: true });
  for (const intervals of seldom.intervals)
    for (const [index, { startsAtMs, endsAtMs }] of intervals.entries()) {
      expect(endsAtMs).toBeGreaterThan(startsAtMs);
      expect(startsAtMs).toBeGreaterThanOrEqual(intervals[index - 1]?.endsAtMs ?? 0);
    }
});

it("has more to go wrong with many faults than with some", async () => {
  const kinds = async (faults: "some" | "many") =>
    new Set((await night(1, faults, HOUR_MS)).faults.map(({ kind }) => kind)).size;
  expect(await kinds("many")).toBeGreaterThan(await kinds("some"));
});

it("takes a login whose rotation was lost as dead until its customer links it anew", async () => {
  let nowMs = STARTS;
  const span = { startsAtMs: STARTS, endsAtMs: STARTS + 12 * HOUR_MS };
  const given = { clock: { now: () => nowMs }, ...NO_OTHERS, heatPumps, ...span };
  const simulation = await startSimulation({ ...given, seed: 2, faults: "many" });
  try {
    const renew = (refreshToken: string) => {
      const { clientId = "", clientSecret = "" } = simulation.secret;
      const form = { grant_type: "refresh_token", refresh_token: refreshToken };
      const body = new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret });
      const url = new URL("/oauth/token", simulation.endpoints.MYUPLINK_API_URL);
      return fetch(url, { method: "POST", body }).then(
        ({ status }) => status,
        () => 0,
      );
    };
    const answers = await Promise.all(
      heatPumps.map(async ({ accountId }) => {
        const { refreshToken } = simulation.issueTokens(accountId);
        return { accountId, status: await renew(refreshToken), again: () => renew(refreshToken) };
      }),
    );
    const [lost] = answers.filter(({ status }) => status === 0);
    if (!lost) throw new Error("no rotation was lost");
    expect(await lost.again()).toBe(400);
    const revoked = () => simulation.injections().filter(({ faultClass }) => faultClass === "credentials-revoked");
    nowMs += HOUR_MS;
    const dead = { kind: "lost-rotation", fromMs: STARTS, accountId: lost.accountId };
    expect(revoked()).toContainEqual(expect.objectContaining({ ...dead, toMs: nowMs }));
    simulation.issueTokens(lost.accountId);
    nowMs += HOUR_MS;
    expect(revoked()).toContainEqual(expect.objectContaining({ ...dead, toMs: STARTS + HOUR_MS }));
  } finally {
    await simulation.stop();
  }
});
