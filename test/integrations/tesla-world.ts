import { afterEach } from "vitest";
import { connectTesla } from "../../lambdas/integrations/tesla/client.ts";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { startTeslaSimulator, type TeslaSimulator } from "../../lambdas/integrations/tesla/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { CarSpec } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { CallKind } from "../../shared/integration/contract.ts";
import { oauthRenewal } from "../../shared/oauth.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { anAsset, at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { anIntegration } from "./job-bench.ts";
import { aCar, OFF, VIN } from "./tesla-simulator-night.ts";

const CLIENT = { clientId: "us", clientSecret: "secret" };
export const EVENING = at("2026-11-20T18:00Z");

const running: TeslaSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** The real jobs, client, tokens and adapter against the simulated cloud over HTTP; only the stores are in memory. */
export async function aTeslaWorld(options: { car?: Partial<CarSpec>; rules?: FaultRule[]; commands?: Command[] } = {}) {
  const clock = fakeClock(EVENING);
  const simulator = await startTeslaSimulator({
    clock: { now: () => epochMs(clock.now()) },
    cars: [aCar({ ...OFF, ...options.car })],
    seed: 7,
    faults: { rules: options.rules ?? [] },
    ...CLIENT,
  });
  running.push(simulator);

  const accounts = fakeAccountsStore();
  const { accessToken, refreshToken, expiresInSeconds } = simulator.issueTokens("alex");
  const account = accountKey(manifest.name, "alex");
  const seal = await openSealer.prepare({ account });
  const tokens = seal(JSON.stringify({ accessToken, refreshToken }));
  await accounts.link({ account, version: 1, tokens, accessExpiresAt: plusMs(clock.now(), expiresInSeconds * 1000) });

  const counted: CallKind[] = [];
  const world = anIntegration({
    assets: [anAsset({ integration: "tesla", accountId: "alex", vendorAssetId: VIN })],
    ...(options.commands ? { commands: options.commands } : {}),
    clock,
    vendor: connectTesla({
      fetch,
      endpoint: () => new URL(simulator.url),
      now: clock.now,
      count: (kind) => counted.push(kind),
    }),
    tokens: (log) =>
      tokenSource({
        integration: manifest.name,
        renewal: oauthRenewal({
          client: async () => ({ tokenUrl: new URL("/oauth2/v3/token", simulator.authUrl), ...CLIENT }),
          fetch,
        }),
        remembered: new Map(),
        accounts,
        sealer: openSealer,
        now: clock.now,
        log,
        remainingMs: () => 30_000,
      }),
  });
  const latest = async () => (await world.readings.latest(["car-0001"], "charge")).get("car-0001");
  return {
    ...world,
    simulator,
    accounts,
    account,
    counted,
    latest,
    truth: () => simulator.truth(VIN),
    /** Commands and wakes that reached the cloud, and those of them that changed something. */
    sent: () => simulator.calls().flatMap(({ command }) => command ?? []),
    effective: () => simulator.calls().flatMap(({ command, kind, effective }) => (effective ? (command ?? kind) : [])),
    async verdictOf(command: Command, now: Instant = clock.now()) {
      const known = await latest();
      const row = await world.commands.get(command);
      if (!row) throw new Error("the command is gone");
      return verdict(row, known?.reading, known?.reach, now).verdict;
    },
  };
}
