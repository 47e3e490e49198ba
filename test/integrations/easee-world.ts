import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { connectEasee } from "../../lambdas/integrations/easee/client.ts";
import { easeeRenewal } from "../../lambdas/integrations/easee/login.ts";
import { manifest } from "../../lambdas/integrations/easee/manifest.ts";
import { type EaseeSimulator, startEaseeSimulator } from "../../lambdas/integrations/easee/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/easee/simulator-faults.ts";
import type { ChargerSpec } from "../../lambdas/integrations/easee/simulator-spec.ts";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import type { CallKind } from "../../shared/integration/contract.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { aCommand, at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { aCharger, CHARGER_ID } from "./easee-bench.ts";
import { anIntegration } from "./job-bench.ts";

export const EVENING = at("2026-11-20T18:00Z");

const running: EaseeSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** 7.36 kW, plugged in from six to seven in the morning, for a car that wants 30 kWh. */
export function aSpec(changes: Partial<ChargerSpec> = {}): ChargerSpec {
  const arrivesAt = epochMs(EVENING);
  return {
    id: CHARGER_ID,
    accountId: "alex",
    voltageV: 230,
    phases: 1,
    maxCurrentA: 32,
    sessions: [{ arrivesAt, departsAt: arrivesAt + 13 * HOUR_MS, wantsKwh: 30 }],
    ...changes,
  };
}

/** A command to the charger, issued at a moment and wanted for three hours. */
export function command(action: Command["action"], issuedAt = plusMs(EVENING, HOUR_MS), hours = 3): Command {
  const notAfter = plusMs(issuedAt, hours * HOUR_MS);
  const times = { issuedAt, notBefore: issuedAt, notAfter, checkAt: notAfter };
  const commandId = `${issuedAt}-${action.kind}-${"currentA" in action ? action.currentA : 0}`;
  return aCommand({ commandId, assetId: "charger-0001", integration: "easee", action, ...times });
}

type Options = { chargers?: ChargerSpec[]; rules?: FaultRule[]; commands?: Command[]; password?: boolean };

/** The real jobs, client, tokens and adapter against the simulated cloud over HTTP; only the stores are in memory. */
export async function anEaseeWorld(options: Options = {}) {
  const clock = fakeClock(EVENING);
  const chargers = options.chargers ?? [aSpec()];
  const simulator = await startEaseeSimulator({
    clock: { now: () => epochMs(clock.now()) },
    chargers,
    seed: 7,
    rules: options.rules ?? [],
  });
  running.push(simulator);

  const accounts = fakeAccountsStore();
  const { accessToken, refreshToken: token, expiresInSeconds } = simulator.issueTokens("alex");
  const withPassword = JSON.stringify({ ...simulator.loginOf("alex"), refreshToken: token });
  const refreshToken = options.password === false ? token : withPassword;
  const account = accountKey(manifest.name, "alex");
  const seal = await openSealer.prepare({ account });
  const tokens = seal(JSON.stringify({ accessToken, refreshToken }));
  await accounts.link({ account, version: 1, tokens, accessExpiresAt: plusMs(clock.now(), expiresInSeconds * 1000) });

  const counted: CallKind[] = [];
  const ids = chargers.map((_, index) => `charger-${String(index + 1).padStart(4, "0")}`);
  const world = anIntegration({
    assets: chargers.map(({ id }, index) => aCharger({ assetId: ids[index], vendorAssetId: id })),
    ...(options.commands ? { commands: options.commands } : {}),
    clock,
    vendor: connectEasee({
      fetch,
      endpoint: () => new URL(simulator.url),
      now: clock.now,
      count: (kind) => counted.push(kind),
    }),
    tokens: (log) =>
      tokenSource({
        integration: manifest.name,
        renewal: easeeRenewal({ url: () => new URL(simulator.url), fetch }),
        remembered: new Map(),
        accounts,
        sealer: openSealer,
        now: clock.now,
        log,
        remainingMs: () => 30_000,
        newId: randomUUID,
      }),
  });
  world.deps.manifest = manifest;
  const latest = async (assetId = "charger-0001") => (await world.readings.latest([assetId], "charge")).get(assetId);
  return {
    ...world,
    simulator,
    accounts,
    account,
    counted,
    ids,
    latest,
    look: (assetIds: string[] = ["charger-0001"]) => world.poll(assetIds),
    truth: (id = CHARGER_ID) => simulator.truth(id),
    sent: () => simulator.calls().filter(({ kind }) => kind === "command"),
    effective: () => simulator.calls().filter(({ effective }) => effective),
    /** Somebody else uses the charger's app. */
    async byHand(name: string, body: object = {}) {
      const { accessToken: own } = simulator.issueTokens("alex");
      await fetch(`${simulator.url}/api/chargers/${CHARGER_ID}/commands/${name}`, {
        method: "POST",
        headers: { authorization: `Bearer ${own}` },
        body: JSON.stringify(body),
      });
    },
    async judged(row: Command) {
      const known = await latest();
      const current = await world.commands.get(row);
      if (!current) throw new Error("the command is gone");
      return verdict(current, known?.reading, known?.reach, clock.now());
    },
  };
}
