import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import type { TokenSource } from "../../shared/auth.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import type { Command } from "../../shared/domain/command.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import { runCommand } from "../../shared/integration/command.ts";
import type { VendorClient } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import type { Log } from "../../shared/log.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { aCommand, anAsset, aReading, at, charging } from "../builders.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { unlimitedBudget } from "../fakes/budget.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { type FakeClock, fakeClock } from "../fakes/clock.ts";
import { type FakeCommandsStore, fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { aPoll } from "../fakes/scheduler.ts";

export const TWO = at("2026-11-21T02:00Z");
export const START = { kind: "charge.start", currentA: 32 } as const;

export function aStart(changes: Partial<Command> = {}): Command {
  return aCommand({ integration: "tesla", action: START, issuedAt: TWO, notBefore: TWO, ...changes });
}

export function aFault(fault: FaultClass, more: { mayHaveActed?: boolean; retryAfterMs?: number } = {}): VendorError {
  return new VendorError({ fault, operation: "test", message: `a ${fault}`, ...more });
}

/** A vendor of one kind of device: what it is told, it has; what goes wrong is put in `next`, once each. */
function aVendor(now: () => Instant) {
  const devices = new Map<string, { awake: boolean; charging: boolean; reading?: Parameters<typeof aReading>[0] }>();
  const calls: string[] = [];
  /** Devices that do nothing whatever they are told. */
  const neverActs = new Set<string>();
  const next: Partial<Record<"look" | "prepare" | "command", (VendorError | Error)[]>> = {};
  const device = (asset: Asset) => {
    const known = devices.get(asset.assetId) ?? { awake: true, charging: false };
    devices.set(asset.assetId, known);
    return known;
  };
  const called = (call: "look" | "prepare" | "command", asset: Asset) => {
    calls.push(`${call} ${asset.assetId}`);
    const error = next[call]?.shift();
    if (error) throw error;
  };
  const client: VendorClient = {
    async look({ asset }) {
      called("look", asset);
      const { awake, charging: isCharging, reading } = device(asset);
      if (!awake) return { online: false };
      const moment = { assetId: asset.assetId, observedAt: now(), receivedAt: now(), ...reading };
      return { online: true, reading: isCharging ? charging(moment) : aReading(moment) };
    },
    async prepare({ asset }) {
      called("prepare", asset);
      const state = device(asset);
      if (state.awake) return { ready: true };
      state.awake = true;
      return { ready: false, waitMs: 20_000 };
    },
    async command({ asset }, action) {
      const state = device(asset);
      const acts = !next.command?.[0] || (next.command[0] instanceof VendorError && next.command[0].mayHaveActed);
      const before = state.charging;
      if (acts && !neverActs.has(asset.assetId)) state.charging = action.kind === "charge.start";
      called("command", asset);
      return { withoutEffect: before === state.charging };
    },
  };
  return { client, devices, calls, next, neverActs };
}

/** Tokens that are renewed when they are refused. */
export function fakeTokens() {
  const asked: string[] = [];
  let serial = 1;
  const tokens: TokenSource & { asked: string[] } = {
    asked,
    async accessToken(accountId) {
      asked.push(`access ${accountId}`);
      return `token-${serial}`;
    },
    async refusedToken(accountId) {
      asked.push(`refused ${accountId}`);
      serial += 1;
    },
  };
  return tokens;
}

/** One integration with its stores in memory. */
export function anIntegration(
  options: {
    assets?: Asset[];
    commands?: Command[];
    now?: Instant;
    clock?: FakeClock;
    vendor?: VendorClient;
    tokens?: (log: Log) => TokenSource;
  } = {},
) {
  const clock = options.clock ?? fakeClock(options.now ?? TWO);
  const vendor = aVendor(clock.now);
  const log = fakeLog();
  const bus = fakeBus();
  const commands: FakeCommandsStore = fakeCommandsStore(options.commands, { by: "tesla", now: clock.now });
  const readings = fakeReadingsStore();
  const schedule = fakeScheduleStore();
  const killSwitch = fakeKillSwitchStore();
  const tokens = options.tokens?.(log) ?? fakeTokens();
  const meter = fakeMeter();
  const causes = fakeCausesStore();
  const deps: IntegrationDeps = {
    manifest,
    now: clock.now,
    log,
    remainingMs: () => 30_000,
    assets: fakeAssetsStore(options.assets ?? [anAsset({ integration: "tesla" })]),
    readings,
    schedule,
    commands,
    causes,
    bus: toldOnce(bus, { causes, now: clock.now, meter }),
    tokens,
    vendor: options.vendor ?? vendor.client,
    meter,
    killSwitch,
    budget: unlimitedBudget(),
    withToken: withTokenFrom(tokens),
  };
  return {
    deps,
    causes,
    clock,
    vendor,
    log,
    bus,
    commands,
    killSwitch,
    readings,
    schedule,
    counts: meter.counts,
    names: () => bus.published.map(({ name }) => name),
    poll: (
      assetIds: string[] = ["car-0001"],
      { expectAwake = true, ...changes }: Partial<PollRequest> & { expectAwake?: boolean } = {},
    ) => {
      const request = aPoll(assetIds, clock.now(), changes);
      return poll({ ...request, assets: request.assets.map((asset) => ({ ...asset, expectAwake })) }, deps);
    },
    run: (command: Command) => runCommand({ assetId: command.assetId, commandId: command.commandId }, deps),
    /** Delivers a command's message until it is done, waiting as long as it asks. */
    async deliver(command: Command, most = 20) {
      for (let delivery = 1; delivery <= most; delivery++) {
        const handled = await runCommand({ assetId: command.assetId, commandId: command.commandId }, deps);
        if (handled.done) return delivery;
        clock.advance(handled.retryAfterMs);
      }
      throw new Error(`not done after ${most} deliveries`);
    },
    statusOf: async (command: Command) => (await commands.get(command))?.status,
    reachOf: async (assetId = "car-0001") => (await readings.latest([assetId], "charge")).get(assetId)?.reach,
  };
}
