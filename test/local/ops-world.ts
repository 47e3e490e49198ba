import { ops, type World } from "../../local/ops/cli.ts";
import type { Connection } from "../../local/ops/connection.ts";
import type { Target } from "../../local/ops/target.ts";
import { Asset, type AssetId } from "../../shared/domain/asset.ts";
import { Command } from "../../shared/domain/command.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import { Plan } from "../../shared/domain/plan.ts";
import { Portfolio } from "../../shared/domain/portfolio.ts";
import { ChargeReading, type Reachability, type Reading, type Stream } from "../../shared/domain/reading.ts";
import type { SeriesId, Slot } from "../../shared/domain/signal.ts";
import type { Account } from "../../shared/store/accounts.ts";
import type { Latest } from "../../shared/store/readings.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { noRemovals } from "../fakes/removals.ts";
import { fakeSignalsStore } from "../fakes/signals-store.ts";

export const VIN = "5YJ3E7EA9PF100001";
export const NOW = parseInstant("2026-01-14T22:05:00Z");

/** An asset as somebody writes it into a file: no defaults. */
export function assetInput(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    assetId: "car-0001",
    kind: "car",
    integration: "acme",
    accountId: "customer-0001",
    vendorAssetId: VIN,
    fleetId: "main",
    site: { siteId: "12 Acacia Avenue", timeZone: "Europe/London" },
    battery: { capacityKwh: 60 },
    supply: { maxCurrentA: 32 },
    preferences: { targetSocPercent: 80, readyBy: "07:00" },
    consent: { control: true, givenAt: "2026-01-13T12:00:00.000Z" },
    ...overrides,
  };
}

/** As `assetInput`: a wall box that gives 12 kWh in each session. */
export function chargerInput(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { battery: _, ...rest } = assetInput();
  const preferences = { sessionEnergyKwh: 12, readyBy: "07:00" };
  const own = { assetId: "charger-0001", kind: "charger", integration: "plugs", vendorAssetId: "EH-OIQ-100001" };
  return { ...rest, ...own, preferences, ...overrides };
}

/** As `assetInput`: a heat pump with a band for hot water. */
export function heatPumpInput(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { battery: _, supply: __, ...rest } = assetInput();
  const preferences = { hotWaterMinC: 45, hotWaterMaxC: 60 };
  const own = { assetId: "heat-pump-0001", kind: "heat-pump", integration: "warm", vendorAssetId: "HP-9000001" };
  return { ...rest, ...own, ratedPowerKw: 3, preferences, ...overrides };
}

/** As `assetInput`: a roof of 6 kW. */
export function solarSiteInput(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { battery: _, supply: __, preferences: ___, ...rest } = assetInput();
  const own = { assetId: "solar-0001", kind: "solar-site", integration: "sunny", vendorAssetId: "INVERTER-1" };
  return { ...rest, ...own, peakPowerKw: 6, ...overrides };
}

export function anAsset(overrides: Record<string, unknown> = {}): Asset {
  return Asset.parse(assetInput(overrides));
}

export function aReading(overrides: Partial<ChargeReading> = {}): ChargeReading {
  return ChargeReading.parse({
    assetId: "car-0001",
    stream: "charge",
    observedAt: plusMs(NOW, -5 * 60_000),
    receivedAt: plusMs(NOW, -4 * 60_000),
    state: "stopped",
    plugged: true,
    powerKw: 0,
    socPercent: 48,
    storedKwh: 28.9,
    sessionKwh: null,
    chargeLimitPercent: 80,
    currentLimitA: 32,
    ownScheduleActive: false,
    ...overrides,
  });
}

export function reached(overrides: Partial<Reachability> = {}): Reachability {
  return { lastFetchedAt: plusMs(NOW, -60_000), online: true, failures: 0, faultClass: null, ...overrides };
}

/** A plan of windows given as `HH:MM-HH:MM` of one UTC date each, e.g. `15 00:30-02:00`. */
export function aPlan(windows: readonly string[], overrides: Partial<Plan> = {}): Plan {
  return Plan.parse({
    assetId: "car-0001",
    madeAt: "2026-01-14T18:00:00.000Z",
    version: 3,
    readyBy: "2026-01-15T07:00:00.000Z",
    energyNeededKwh: 20.8,
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: 201,
    carbonGrams: 2600,
    windows: windows.map((text) => {
      const [day, span = ""] = text.split(" ");
      const [from, to] = span.split("-");
      return {
        startsAt: `2026-01-${day}T${from}:00.000Z`,
        endsAt: `2026-01-${day}T${to}:00.000Z`,
        powerKw: 7.36,
        energyKwh: 3.7,
        reason: "cheapest",
        priceEstimated: false,
      };
    }),
    notes: [],
    ...overrides,
  });
}

/** What two cars draw together, from 22:00 on by half-hours. */
export function aPortfolio(loadKw: readonly number[], overrides: Partial<Portfolio> = {}): Portfolio {
  return Portfolio.parse({
    portfolioId: "main@C",
    part: 0,
    parts: 1,
    madeAt: plusMs(NOW, -4 * 60_000),
    assets: 2,
    objectivePence: 84.2,
    boundPence: 83.9,
    gap: 0.003563,
    shortfallKwh: 0,
    isFinished: true,
    startsAt: "2026-01-14T22:00:00.000Z",
    stepMinutes: 30,
    loadKw: [...loadKw],
    limitKw: loadKw.map(() => null),
    capacityPencePerKwh: loadKw.map(() => 0),
    ...overrides,
  });
}

export function aCommand(overrides: Partial<Command> = {}): Command {
  const issuedAt = overrides.issuedAt ?? plusMs(NOW, -10 * 60_000);
  return Command.parse({
    commandId: `${issuedAt}-0123456789abcdef`,
    assetId: "car-0001",
    integration: "acme",
    action: { kind: "charge.start", currentA: 32 },
    reason: "cheapest",
    status: "accepted",
    issuedAt,
    notBefore: issuedAt,
    notAfter: plusMs(issuedAt, 3_600_000),
    checkAt: plusMs(issuedAt, 11 * 60_000),
    attempts: 1,
    ...overrides,
  });
}

export function missed(faultClass: FaultClass, evidence: string, endedAt: Instant): Command {
  return aCommand({ issuedAt: plusMs(endedAt, -660_000), status: "missed", faultClass, evidence, endedAt });
}

export type Stored = {
  assets?: readonly Asset[];
  accounts?: readonly Account[];
  reading?: Reading;
  reach?: Reachability;
  plan?: Plan;
  portfolios?: readonly Portfolio[];
  signals?: Record<SeriesId, readonly Slot[]>;
  /** Newest first, as the store gives them. */
  commands?: readonly Command[];
};

/** A platform in memory that holds `stored`, and what was written to it. */
export function fakePlatform(stored: Stored = {}) {
  const assets = new Map((stored.assets ?? []).map((asset) => [asset.assetId, asset]));
  const accounts = new Map((stored.accounts ?? []).map((account) => [account.account, account]));
  const members: string[] = [];
  const firstLooks: string[] = [];
  const bus = fakeBus();
  const budgets = fakeBudgetsStore();
  const signals = fakeSignalsStore(stored.signals);
  const refuse = () => Promise.reject(new Error("the ops commands have no business here"));
  const connection: Connection = {
    assets: {
      get: async (ids) => ids.flatMap((id) => assets.get(id) ?? []),
      fleet: async (fleetId) => [...assets.values()].filter((asset) => asset.fleetId === fleetId),
      site: refuse,
      put: async (asset) => void assets.set(asset.assetId, asset),
    },
    causes: fakeCausesStore(),
    schedule: {
      join: async ({ integration, assetId, stream }) => void members.push(`${integration} ${assetId} ${stream}`),
      lookAt: async ({ assetId, dueAt }) => void firstLooks.push(`${assetId} ${dueAt}`),
      find: async () => undefined,
      leave: refuse,
      ended: refuse,
      move: refuse,
      slot: refuse,
      dueLooks: refuse,
      claimRun: refuse,
      ledger: refuse,
      claimBatch: refuse,
      finishBatch: refuse,
      cursors: refuse,
      advanceCursor: refuse,
    },
    readings: {
      latest: async ([assetId], stream) => latestOf(stored, assetId, stream),
      record: refuse,
      recordFailure: refuse,
      told: refuse,
    },
    signals,
    plans: {
      get: async () => new Map(stored.plan ? [[stored.plan.assetId, stored.plan]] : []),
      put: refuse,
      dueEdges: refuse,
      setNextEdge: refuse,
      portfolio: async (portfolioId, part) =>
        stored.portfolios?.find((one) => one.portfolioId === portfolioId && one.part === part),
      putPortfolio: refuse,
    },
    commands: {
      ...fakeCommandsStore(stored.commands?.toReversed()),
      issue: refuse,
      transition: refuse,
      amend: refuse,
      told: refuse,
    },
    killSwitch: fakeKillSwitchStore(),
    accounts: {
      get: async (account) => accounts.get(account),
      link: async (account) => void accounts.set(account.account, account),
      lease: refuse,
      giveBack: refuse,
      expire: refuse,
    },
    budgets,
    removals: noRemovals(),
    sealer: {
      prepare: async () => (text) => ({
        wrappedKey: "k",
        iv: "i",
        tag: "t",
        data: Buffer.from(text).toString("base64"),
      }),
      open: async ({ data }) => Buffer.from(data, "base64").toString(),
    },
    bus,
    ringingAlarms: refuse,
    fleets: ["main", "depot"],
    siteRegion: "C",
    now: () => NOW,
    close: () => {},
  };
  const target: Target = { name: "the local platform", connection };
  return { target, assets, accounts, members, firstLooks, bus, signals, budgets };
}

/** One asset's row of one stream; a reading of another stream is in another row. */
function latestOf({ reading, reach }: Stored, assetId: AssetId | undefined, stream: Stream): Map<AssetId, Latest> {
  const isThere = assetId !== undefined && reach !== undefined && (reading === undefined || reading.stream === stream);
  return new Map(isThere ? [[assetId, { reading, reach }]] : []);
}

export type Ran = { code: number; out: string; err: string };

/** Runs a command line against a target, with `stdin` piped in (a terminal when absent). */
export async function runOps(
  args: readonly string[],
  target: Target | Error,
  stdin?: string,
  wait: World["wait"] = async () => {},
): Promise<Ran> {
  const ran = { out: "", err: "" };
  const cadence = { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
  const world: World = {
    stdin: Object.assign(piped(stdin ?? ""), { isTTY: stdin === undefined }),
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    open: async () => {
      if (target instanceof Error) throw target;
      return target;
    },
    integrations: async () => [
      { name: "acme", family: "vehicle", streams: [{ stream: "charge", cadence }] },
      { name: "warm", family: "heat-pump", streams: [{ stream: "heat", cadence }] },
      { name: "plugs", family: "charger", streams: [{ stream: "charge", cadence }] },
      { name: "sunny", family: "solar-site", streams: [{ stream: "production", cadence }] },
    ],
    wait,
  };
  return { code: await ops(args, world), ...ran };
}

async function* piped(text: string): AsyncGenerator<string> {
  // In two pieces, as pipes do.
  yield text.slice(0, 3);
  yield text.slice(3);
}
