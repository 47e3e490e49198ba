import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { connectMyUplink } from "../../lambdas/integrations/myuplink/client.ts";
import { manifest } from "../../lambdas/integrations/myuplink/manifest.ts";
import { type MyUplinkSimulator, startMyUplinkSimulator } from "../../lambdas/integrations/myuplink/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/myuplink/simulator-faults.ts";
import type { Manner, PumpSpec } from "../../lambdas/integrations/myuplink/simulator-spec.ts";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import type { HeatMode } from "../../shared/domain/reading.ts";
import { runCommand } from "../../shared/integration/command.ts";
import { type CallKind, oauthLogin } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { aCommand, at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { unlimitedBudget } from "../fakes/budget.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { aPoll } from "../fakes/scheduler.ts";
import { openSealer } from "../shared/auth-bench.ts";
import { aPump, DEVICE } from "./myuplink-bench.ts";

const CLIENT = { clientId: "us", clientSecret: "secret" };
export const MIDDAY = at("2026-11-20T12:00Z");
export const PLAIN: Manner = {
  tellsPower: "kW",
  lux: "50004",
  connectionState: "word",
  looseTimes: false,
  duplicates: false,
};
const ID = "pump-0001";

function aSpec(changes: Partial<PumpSpec> = {}): PumpSpec {
  const band = { waterMinC: 45, waterMaxC: 60, roomC: 20.5 };
  return { deviceId: DEVICE, accountId: "customer-0001", ratedPowerKw: 3, ...band, manner: PLAIN, ...changes };
}

export function aShift(mode: HeatMode, at = MIDDAY, number = 1): Command {
  return aCommand({
    commandId: `${at}-${String(number).padStart(16, "0")}`,
    assetId: ID,
    integration: "myuplink",
    action: { kind: "heat.mode", mode },
    issuedAt: at,
    notBefore: at,
    notAfter: plusMs(at, 3 * HOUR_MS),
    checkAt: plusMs(at, 3 * HOUR_MS),
  });
}

const running: MyUplinkSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** The real jobs, client, tokens and adapter against the simulated cloud over HTTP; only the stores are in memory. */
export async function aWorld(options: { pump?: Partial<PumpSpec>; rules?: FaultRule[]; commands?: Command[] } = {}) {
  const clock = fakeClock(MIDDAY);
  const simulator = await startMyUplinkSimulator({
    clock: { now: () => epochMs(clock.now()) },
    pumps: [aSpec(options.pump)],
    seed: 7,
    faults: options.rules ?? [],
    ...CLIENT,
  });
  running.push(simulator);

  const accounts = fakeAccountsStore();
  const { accessToken, refreshToken, expiresInSeconds } = simulator.issueTokens("customer-0001");
  const account = accountKey(manifest.name, "customer-0001");
  const seal = await openSealer.prepare({ account });
  const sealed = seal(JSON.stringify({ accessToken, refreshToken }));
  const accessExpiresAt = plusMs(clock.now(), expiresInSeconds * 1000);
  await accounts.link({ account, version: 1, tokens: sealed, accessExpiresAt });

  const counted: CallKind[] = [];
  const endpoint = () => new URL(simulator.url);
  const log = fakeLog();
  const bus = fakeBus();
  const commands = fakeCommandsStore(options.commands, { by: "integration", now: clock.now });
  const readings = fakeReadingsStore();
  const tokens = tokenSource({
    integration: manifest.name,
    renewal: oauthLogin((of) => new URL("/oauth/token", of("MYUPLINK_API_URL")))({
      endpoint,
      secret: async () => CLIENT,
      fetch,
    }),
    remembered: new Map(),
    accounts,
    sealer: openSealer,
    now: clock.now,
    log,
    remainingMs: () => 30_000,
    newId: randomUUID,
  });
  const causes = fakeCausesStore();
  const deps: IntegrationDeps = {
    manifest,
    now: clock.now,
    log,
    remainingMs: () => 30_000,
    assets: fakeAssetsStore([aPump()]),
    readings,
    schedule: fakeScheduleStore(),
    commands,
    causes,
    bus: toldOnce(bus, { causes, now: clock.now, meter: fakeMeter() }),
    tokens,
    vendor: connectMyUplink({ fetch, endpoint, now: clock.now, count: (kind) => counted.push(kind) }),
    meter: fakeMeter(),
    killSwitch: fakeKillSwitchStore(),
    budget: unlimitedBudget(),
    withToken: withTokenFrom(tokens),
  };
  const latest = async () => (await readings.latest([ID], "heat")).get(ID);
  return {
    clock,
    simulator,
    log,
    bus,
    commands,
    accounts,
    account,
    counted,
    latest,
    truth: () => simulator.truth(DEVICE),
    effective: () => simulator.calls().filter(({ effective }) => effective).length,
    poll: () => poll(aPoll([ID], clock.now(), { stream: "heat" }), deps),
    /** Delivers a command's message until it is done, waiting as long as it asks. */
    async deliver(command: Command, most = 30) {
      for (let delivery = 1; delivery <= most; delivery++) {
        const handled = await runCommand({ assetId: ID, commandId: command.commandId }, deps);
        if (handled.done) return delivery;
        clock.advance(handled.retryAfterMs);
      }
      throw new Error(`not done after ${most} deliveries`);
    },
    statusOf: async (command: Command) => (await commands.get(command))?.status,
    async verdictOf(command: Command) {
      const known = await latest();
      const row = await commands.get(command);
      if (!row) throw new Error("the command is gone");
      return verdict(row, known?.reading, known?.reach, clock.now()).verdict;
    },
  };
}
