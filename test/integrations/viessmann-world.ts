import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { connectViessmann } from "../../lambdas/integrations/viessmann/client.ts";
import { manifest } from "../../lambdas/integrations/viessmann/manifest.ts";
import { startViessmannSimulator, type ViessmannSimulator } from "../../lambdas/integrations/viessmann/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/viessmann/simulator-faults.ts";
import type { PumpSpec } from "../../lambdas/integrations/viessmann/simulator-spec.ts";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import { type Command, Command as Schema } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import type { HeatMode } from "../../shared/domain/reading.ts";
import { runCommand } from "../../shared/integration/command.ts";
import type { CallKind } from "../../shared/integration/contract.ts";
import { oauthLogin } from "../../shared/integration/contract.ts";
import { poll } from "../../shared/integration/poll.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { aPoll } from "../fakes/scheduler.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { anIntegration } from "./job-bench.ts";
import { aHeatPump, DEVICE, type HeatPump } from "./viessmann-bench.ts";

export const EVENING = at("2026-11-20T20:00Z");

export function aPump(changes: Partial<PumpSpec> = {}): PumpSpec {
  return {
    id: DEVICE,
    accountId: "alex",
    timeZone: "Europe/Berlin",
    ratedPowerKw: 4,
    ownTargetC: 55,
    hotWaterMinC: 45,
    hotWaterMaxC: 55,
    initialHotWaterC: 52,
    powerSensor: "watt",
    draws: false,
    ...changes,
  };
}

/** A wanted mode, issued now and to be sent at once. */
export function aWish(mode: HeatMode, changes: Partial<Command> = {}): Command {
  return Schema.parse({
    commandId: `2026-11-20T20:00:00.000Z-${mode}`,
    assetId: "pump-0001",
    integration: "viessmann",
    action: { kind: "heat.mode", mode },
    reason: "cheapest",
    status: "issued",
    issuedAt: EVENING,
    notBefore: EVENING,
    notAfter: plusMs(EVENING, 3 * HOUR_MS),
    checkAt: plusMs(EVENING, 3 * HOUR_MS),
    attempts: 0,
    ...changes,
  });
}

const running: ViessmannSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

type Options = {
  pumps?: PumpSpec[];
  assets?: HeatPump[];
  rules?: FaultRule[];
  commands?: Command[];
};

/** The real jobs, client, tokens and adapter against the simulated cloud over HTTP; only the stores are in memory. */
export async function aViessmannWorld(options: Options = {}) {
  const clock = fakeClock(EVENING);
  const assets = options.assets ?? [aHeatPump()];
  const simulator = await startViessmannSimulator({
    clock: { now: () => epochMs(clock.now()) },
    pumps: options.pumps ?? [aPump()],
    seed: 7,
    faults: { rules: options.rules ?? [] },
    clientId: "us",
  });
  running.push(simulator);
  const accounts = fakeAccountsStore();
  for (const accountId of new Set(assets.map((asset) => asset.accountId))) {
    const { expiresInSeconds, ...pair } = simulator.issueTokens(accountId);
    const account = accountKey(manifest.name, accountId);
    const tokens = (await openSealer.prepare({ account }))(JSON.stringify(pair));
    await accounts.link({ account, version: 1, tokens, accessExpiresAt: plusMs(clock.now(), expiresInSeconds * 1000) });
  }
  const counted: CallKind[] = [];
  const endpoint = () => new URL(simulator.url);
  const login = oauthLogin((of) => new URL("/idp/v3/token", of("VIESSMANN_AUTH_URL")));
  const bench = anIntegration({
    assets,
    ...(options.commands ? { commands: options.commands } : {}),
    clock,
    vendor: connectViessmann({ fetch, endpoint, now: clock.now, count: (kind) => counted.push(kind) }),
    tokens: (log) =>
      tokenSource({
        integration: manifest.name,
        renewal: login({ endpoint, secret: async () => ({ clientId: "us" }), fetch }),
        remembered: new Map(),
        accounts,
        sealer: openSealer,
        now: clock.now,
        log,
        remainingMs: () => 30_000,
        newId: randomUUID,
      }),
  });
  const deps = { ...bench.deps, manifest };
  const latest = async (assetId = "pump-0001") => (await deps.readings.latest([assetId], "heat")).get(assetId);
  const look = (assetIds = assets.map(({ assetId }) => assetId)) =>
    poll(aPoll(assetIds, clock.now(), { stream: "heat" }), deps);
  const deliverOnce = (command: Command) =>
    runCommand({ assetId: command.assetId, commandId: command.commandId }, deps);
  const verdictOf = async (command: Command) => {
    const known = await latest(command.assetId);
    const row = await bench.commands.get(command);
    if (!row) throw new Error("the command is gone");
    return verdict(row, known?.reading, known?.reach, clock.now()).verdict;
  };
  /** Delivers a command's message until it is done, waiting as long as it asks. */
  const deliver = async (command: Command, most = 100) => {
    for (let delivery = 1; delivery <= most; delivery++) {
      const handled = await deliverOnce(command);
      if (handled.done) return;
      clock.advance(handled.retryAfterMs);
    }
    throw new Error(`not done after ${most} deliveries`);
  };
  return {
    clock,
    simulator,
    accounts,
    counted,
    bus: bench.bus,
    log: bench.log,
    commands: bench.commands,
    latest,
    look,
    verdictOf,
    truth: (id = DEVICE) => simulator.truth(id),
    row: (command: Command) => bench.commands.get(command),
    deliver,
    /** Issues a wish at this moment, and delivers it. */
    async wish(mode: HeatMode) {
      const now = clock.now();
      const until = plusMs(now, 3 * HOUR_MS);
      const times = { issuedAt: now, notBefore: now, notAfter: until, checkAt: until };
      const command = aWish(mode, { commandId: `${now}-${mode}-wish`, ...times });
      await bench.commands.issue(command);
      await deliver(command);
      return command;
    },
    /** Looks every so often until the verifier has judged. */
    async judge(command: Command) {
      for (let looks = 0; looks < 20; looks++) {
        const judged = await verdictOf(command);
        if (judged !== "wait") return judged;
        clock.advance(2 * 60_000);
        await look();
      }
      throw new Error("never judged");
    },
    effective: () => simulator.calls().flatMap(({ command, effective }) => (effective && command ? [command] : [])),
    posts: () => simulator.calls().filter(({ kind }) => kind === "command").length,
  };
}
