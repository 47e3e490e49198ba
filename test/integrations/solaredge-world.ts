import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { connectSolarEdge } from "../../lambdas/integrations/solaredge/client.ts";
import { solarEdgeLogin } from "../../lambdas/integrations/solaredge/login.ts";
import { manifest } from "../../lambdas/integrations/solaredge/manifest.ts";
import { type SolarEdgeSimulator, startSolarEdgeSimulator } from "../../lambdas/integrations/solaredge/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/solaredge/simulator-faults.ts";
import type { Limits } from "../../lambdas/integrations/solaredge/simulator-ledger.ts";
import { tokenSource } from "../../shared/auth.ts";
import { epochMs, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { ProductionReading } from "../../shared/domain/reading.ts";
import { minuteOf } from "../../shared/domain/wheel.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { aPoll, aScheduler, hasWork, joined } from "../fakes/scheduler.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { anIntegration } from "./job-bench.ts";
import { aSite } from "./solaredge-bench.ts";

const CLIENT = { clientId: "us", clientSecret: "secret" };
const SEED = 7;

const running: SolarEdgeSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

type Options = {
  from: Instant;
  sites?: number;
  hasMeter?: boolean;
  timeZone?: string;
  rules?: FaultRule[];
  limits?: Partial<Limits>;
};

/** The real poll, client, login and tokens against the simulated cloud over HTTP; only the stores are in memory. */
export async function aSolarWorld({ from, sites = 1, hasMeter = false, timeZone, rules = [], limits = {} }: Options) {
  const clock = fakeClock(from);
  const assets = Array.from({ length: sites }, (_, index) => ({
    ...aSite({
      vendorAssetId: `${1000001 + index}`,
      assetId: `solar-000${1 + index}`,
      ...(timeZone ? { timeZone } : {}),
    }),
    accountId: `customer-000${1 + index}`,
  }));
  const simulator = await startSolarEdgeSimulator({
    clock: { now: () => epochMs(clock.now()) },
    sites: assets.map(({ vendorAssetId, accountId, peakPowerKw, site }) => ({
      siteId: vendorAssetId,
      accountId,
      peakPowerKw,
      timeZone: site.timeZone,
      hasMeter,
    })),
    seed: SEED,
    faults: { rules },
    limits,
    ...CLIENT,
  });
  running.push(simulator);

  const accounts = fakeAccountsStore();
  for (const { accountId } of assets) {
    const { accessToken, refreshToken, expiresInSeconds } = simulator.issueTokens(accountId);
    const account = accountKey(manifest.name, accountId);
    const seal = await openSealer.prepare({ account });
    const tokens = seal(JSON.stringify({ accessToken, refreshToken }));
    await accounts.link({ account, version: 1, tokens, accessExpiresAt: plusMs(clock.now(), expiresInSeconds * 1000) });
  }
  const endpoint = () => new URL(simulator.url);
  const world = anIntegration({
    assets,
    clock,
    vendor: connectSolarEdge({ fetch, endpoint, now: clock.now, count: () => undefined }),
    tokens: (log) =>
      tokenSource({
        integration: manifest.name,
        renewal: solarEdgeLogin({ endpoint, secret: async () => CLIENT, fetch }),
        remembered: new Map(),
        accounts,
        sealer: openSealer,
        now: clock.now,
        log,
        remainingMs: () => 30_000,
        newId: randomUUID,
      }),
  });
  const ids = assets.map(({ assetId }) => assetId);
  const latest = async (assetId = "solar-0001") => (await world.readings.latest([assetId], "production")).get(assetId);
  const history: ProductionReading[] = [];

  const scheduler = aScheduler({ ...world.deps, schedule: world.schedule, causes: world.causes }, [manifest]);
  for (const asset of assets) await joined(world.schedule, asset, manifest, minuteOf(clock.now()));

  const pollAll = (assetIds = ids) => pollOf(aPoll(assetIds, clock.now(), { stream: "production" }));
  const pollOf = async (request: PollRequest) => {
    const deps = { ...world.deps, manifest };
    const result = await poll(request, deps);
    for (const { assetId } of request.assets) {
      const reading = (await latest(assetId))?.reading;
      const isNew = history.findLast((one) => one.assetId === assetId)?.observedAt !== reading?.observedAt;
      if (reading?.stream === "production" && isNew) history.push(reading);
    }
    return result;
  };
  return {
    ...world,
    clock,
    simulator,
    accounts,
    /** Every reading that was stored, oldest first. */
    history,
    latest,
    poll: pollAll,
    /** Lets the scheduler decide who is polled, each minute until a moment. */
    async live(until: Instant) {
      for (; clock.now() < until; clock.advance(MINUTE_MS)) {
        if (!hasWork(world.schedule, minuteOf(clock.now()))) continue;
        for (const { request } of await scheduler.tick(minuteOf(clock.now()))) await pollOf(request);
      }
    },
    /** What all stored readings of a site say was produced, and what it was over the same time. */
    accounted(assetId = "solar-0001", siteId = "1000001") {
      const readings = history.filter((one) => one.assetId === assetId && one.producedKwh !== null);
      const told = readings.reduce((sum, one) => sum + (one.producedKwh ?? 0), 0);
      const [first, last] = [readings[0], readings.at(-1)];
      if (!first?.producedFrom || !last) throw new Error("nothing was told");
      const truth = simulator.truth(siteId, epochMs(first.producedFrom), epochMs(last.observedAt));
      return { toldKwh: told, trueKwh: truth.productionWh / 1000 };
    },
  };
}
