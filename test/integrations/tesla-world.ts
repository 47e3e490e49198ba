import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { connectTesla } from "../../lambdas/integrations/tesla/client.ts";
import { teslaLogin } from "../../lambdas/integrations/tesla/login.ts";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { startTeslaSimulator, type TeslaSimulator } from "../../lambdas/integrations/tesla/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { CarSpec } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import { ingest } from "../../lambdas/integrations/tesla/telemetry-batch.ts";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { CallKind } from "../../shared/integration/contract.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { anAsset, at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { anIntegration } from "./job-bench.ts";
import { aCar, OFF, VIN } from "./tesla-simulator-night.ts";
import { aRecord } from "./tesla-telemetry-bench.ts";

const CLIENT = { clientId: "us", clientSecret: "secret" };
const YEARS_MS = 10 * 365 * 24 * HOUR_MS;
export const EVENING = at("2026-11-20T18:00Z");

const running: TeslaSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** The real jobs, client, tokens and adapter against the simulated cloud over HTTP; only the stores are in memory. */
export async function aTeslaWorld(
  options: {
    car?: Partial<CarSpec>;
    rules?: FaultRule[];
    commands?: Command[];
    /** The vendor's own limit on the bill. */
    billingLimitUsd?: number;
    /** The configuration of a compatible service: one key that does not end and does not renew. */
    compatible?: boolean;
  } = {},
) {
  const clock = fakeClock(EVENING);
  const simulator = await startTeslaSimulator({
    clock: { now: () => epochMs(clock.now()) },
    cars: [aCar({ ...OFF, ...options.car })],
    seed: 7,
    faults: { rules: options.rules ?? [] },
    ...(options.billingLimitUsd === undefined ? {} : { billingLimitUsd: options.billingLimitUsd }),
    ...(options.compatible ? { tokens: { accessLifeMs: YEARS_MS } } : {}),
    ...CLIENT,
  });
  running.push(simulator);

  const accounts = fakeAccountsStore();
  const { accessToken, ...issued } = simulator.issueTokens("alex");
  const refreshToken = options.compatible ? accessToken : issued.refreshToken;
  const expiresInSeconds = options.compatible ? YEARS_MS / 1000 : issued.expiresInSeconds;
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
        renewal: teslaLogin({ endpoint: () => new URL(simulator.authUrl), secret: async () => CLIENT, fetch }),
        remembered: new Map(),
        accounts,
        sealer: openSealer,
        now: clock.now,
        log,
        remainingMs: () => 30_000,
        newId: randomUUID,
      }),
  });
  /** Lets the car push what it really does, past the cloud that looks and commands go through. */
  const push = () => {
    const { phase, powerKw, socPercent } = simulator.truth(VIN);
    const state = phase === "no-power" ? "NoPower" : `${phase[0]?.toUpperCase()}${phase.slice(1)}`;
    const fields = {
      DetailedChargeState: `DetailedChargeState${state}`,
      ACChargingPower: String(powerKw),
      BatteryLevel: String(socPercent),
    };
    const car = anAsset({ integration: "tesla", accountId: "alex", vendorAssetId: VIN });
    return ingest([JSON.stringify(aRecord(fields, clock.now()))], {
      ...world.deps,
      integration: manifest.name,
      carOf: async () => (car.kind === "car" ? car : undefined),
      meter: fakeMeter(),
    });
  };
  const latest = async () => (await world.readings.latest(["car-0001"], "charge")).get("car-0001");
  return {
    ...world,
    simulator,
    accounts,
    account,
    counted,
    push,
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
