import { afterEach } from "vitest";
import { handler as easee } from "../../lambdas/integrations/easee/handler.ts";
import { startEaseeSimulator } from "../../lambdas/integrations/easee/simulator.ts";
import type { FaultRule as EaseeFault } from "../../lambdas/integrations/easee/simulator-faults.ts";
import type { ChargerSpec } from "../../lambdas/integrations/easee/simulator-spec.ts";
import { handler as myuplink } from "../../lambdas/integrations/myuplink/handler.ts";
import { startMyUplinkSimulator } from "../../lambdas/integrations/myuplink/simulator.ts";
import type { FaultRule as MyUplinkFault } from "../../lambdas/integrations/myuplink/simulator-faults.ts";
import { handler as solaredge } from "../../lambdas/integrations/solaredge/handler.ts";
import { startSolarEdgeSimulator } from "../../lambdas/integrations/solaredge/simulator.ts";
import type { FaultRule as SolarEdgeFault } from "../../lambdas/integrations/solaredge/simulator-faults.ts";
import { handler as tesla } from "../../lambdas/integrations/tesla/handler.ts";
import { startTeslaSimulator, type TeslaSimulatorOptions } from "../../lambdas/integrations/tesla/simulator.ts";
import type { FaultRule as TeslaFault } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { CarSpec } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import { handler as viessmann } from "../../lambdas/integrations/viessmann/handler.ts";
import { startViessmannSimulator } from "../../lambdas/integrations/viessmann/simulator.ts";
import type { FaultRule as ViessmannFault } from "../../lambdas/integrations/viessmann/simulator-faults.ts";
import type { Asset, Car } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import { aCharger, aHeatPump, anAsset, aSolarSite } from "../builders.ts";
import type { FakeClock } from "../fakes/clock.ts";
import { aSpec } from "../integrations/easee-world.ts";
import { PLAIN } from "../integrations/myuplink-world.ts";
import { aCar, OFF } from "../integrations/tesla-simulator-night.ts";
import { aPump } from "../integrations/viessmann-world.ts";

type Tokens = { accessToken: string; refreshToken: string; expiresInSeconds: number };

/** One vendor: what is deployed for it, its simulated cloud on loopback, and the customers' devices there. */
export type Cloud = {
  deployed: typeof tesla.integration;
  url: string;
  /** The platform's own credentials. */
  secret: Record<string, string>;
  issueTokens(accountId: string): Tokens;
  assets: readonly Asset[];
};

const CLIENT = { clientId: "us", clientSecret: "secret" };
const SEED = 7;

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

const clockOf = (clock: FakeClock) => ({ now: () => epochMs(clock.now()) });
const numbered = (name: string, index: number) => `${name}-${String(index + 1).padStart(4, "0")}`;

/** Cars plugged in from now for 13 hours, each with an owner of its own; without a schedule of their own unless told. */
export async function aTeslaCloud(
  clock: FakeClock,
  options: { cars?: Partial<CarSpec>[]; rules?: TeslaFault[]; asset?: Partial<Car> } & Pick<
    TeslaSimulatorOptions,
    "tokens"
  > = {},
) {
  const arrivesAt = epochMs(clock.now());
  const specs = (options.cars ?? [{}]).map((changes, index) =>
    aCar({
      ...OFF,
      vin: `LRW3E7FA0SIM${String(index + 1).padStart(5, "0")}`,
      accountId: numbered("driver", index),
      sessions: [{ arrivesAt, departsAt: arrivesAt + 13 * HOUR_MS }],
      ...changes,
    }),
  );
  const simulator = await startTeslaSimulator({
    clock: clockOf(clock),
    cars: specs,
    seed: SEED,
    faults: { rules: options.rules ?? [] },
    ...(options.tokens ? { tokens: options.tokens } : {}),
    ...CLIENT,
  });
  running.push(simulator);
  const assets = specs.map(({ vin, accountId }, index) =>
    anAsset({
      assetId: numbered("car", index),
      integration: "tesla",
      accountId,
      vendorAssetId: vin,
      site: { siteId: numbered("home", index), timeZone: "Europe/London" },
      ...options.asset,
    }),
  );
  const cloud: Cloud = {
    deployed: tesla.integration,
    url: simulator.url,
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    assets,
  };
  return {
    simulator,
    cloud,
    truth: (index = 0) => simulator.truth(specs[index]?.vin ?? ""),
    /** Commands that reached the cloud, by name, and those of them that changed something. */
    commands: () => simulator.calls().flatMap(({ command }) => command ?? []),
    effective: () => simulator.calls().flatMap(({ command, effective }) => (effective && command ? [command] : [])),
    kinds: () => simulator.calls().map(({ kind }) => kind),
  };
}

/** Chargers of 7.36 kW with a car that wants 30 kWh, linked by password; each has an owner of its own. */
export async function anEaseeCloud(
  clock: FakeClock,
  options: { chargers?: Partial<ChargerSpec>[]; rules?: EaseeFault[]; asset?: Parameters<typeof aCharger>[0] } = {},
) {
  const arrivesAt = epochMs(clock.now());
  const specs = (options.chargers ?? [{}]).map((changes, index) =>
    aSpec({
      id: `EH${String(index + 1).padStart(6, "0")}`,
      accountId: numbered("host", index),
      sessions: [{ arrivesAt, departsAt: arrivesAt + 13 * HOUR_MS, wantsKwh: 30 }],
      ...changes,
    }),
  );
  const simulator = await startEaseeSimulator({
    clock: clockOf(clock),
    chargers: specs,
    seed: SEED,
    rules: options.rules ?? [],
  });
  running.push(simulator);
  const issueTokens = (accountId: string) => {
    const { refreshToken, ...tokens } = simulator.issueTokens(accountId);
    return { ...tokens, refreshToken: JSON.stringify({ ...simulator.loginOf(accountId), refreshToken }) };
  };
  const cloud: Cloud = {
    deployed: easee.integration,
    url: simulator.url,
    secret: {},
    issueTokens,
    assets: specs.map(({ id, accountId }, index) =>
      aCharger({
        assetId: numbered("charger", index),
        integration: "easee",
        accountId,
        vendorAssetId: id,
        ...options.asset,
      }),
    ),
  };
  return {
    simulator,
    cloud,
    truth: (index = 0) => simulator.truth(specs[index]?.id ?? ""),
    commands: () => simulator.calls().filter(({ kind }) => kind === "command"),
    effective: () => simulator.calls().filter(({ effective }) => effective),
    /** Somebody else uses the charger's app. */
    async byHand(name: string, body: object = {}, index = 0) {
      const spec = specs[index];
      if (!spec) throw new RangeError(`no charger ${index}`);
      await fetch(`${simulator.url}/api/chargers/${spec.id}/commands/${name}`, {
        method: "POST",
        headers: { authorization: `Bearer ${simulator.issueTokens(spec.accountId).accessToken}` },
        body: JSON.stringify(body),
      });
    },
  };
}

type PumpChanges = Parameters<typeof aPump>[0];

/** Heat pumps of 4 kW whose owners' hot water is 45 to 55 °C. */
export async function aViessmannCloud(
  clock: FakeClock,
  options: { pumps?: PumpChanges[]; rules?: ViessmannFault[] } = {},
) {
  const specs = (options.pumps ?? [{}]).map((changes, index) =>
    aPump({ id: `${1234567 + index}/7571381000000000/0`, accountId: numbered("tenant", index), ...changes }),
  );
  const simulator = await startViessmannSimulator({
    clock: clockOf(clock),
    pumps: specs,
    seed: SEED,
    faults: { rules: options.rules ?? [] },
    clientId: CLIENT.clientId,
  });
  running.push(simulator);
  const cloud: Cloud = {
    deployed: viessmann.integration,
    url: simulator.url,
    secret: { clientId: CLIENT.clientId },
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    assets: specs.map(({ id, accountId }, index) =>
      aHeatPump({
        assetId: numbered("boiler", index),
        integration: "viessmann",
        accountId,
        vendorAssetId: id,
        site: { siteId: numbered("flat", index), timeZone: "Europe/Berlin" },
        ratedPowerKw: 4,
        preferences: { hotWaterMinC: 45, hotWaterMaxC: 55, carbonWeightPencePerKg: 0 },
      }),
    ),
  };
  return {
    simulator,
    cloud,
    truth: (index = 0) => simulator.truth(specs[index]?.id ?? ""),
    effective: () => simulator.calls().flatMap(({ command, effective }) => (effective && command ? [command] : [])),
  };
}

/** A heat pump of 3 kW with hot water between 45 and 60 °C. */
export async function aMyUplinkCloud(clock: FakeClock, options: { rules?: MyUplinkFault[] } = {}) {
  const deviceId = "test-r-1234567890-device";
  const accountId = "lodger-0001";
  const simulator = await startMyUplinkSimulator({
    clock: clockOf(clock),
    pumps: [{ deviceId, accountId, ratedPowerKw: 3, waterMinC: 45, waterMaxC: 60, roomC: 20.5, manner: PLAIN }],
    seed: SEED,
    faults: options.rules ?? [],
    ...CLIENT,
  });
  running.push(simulator);
  const cloud: Cloud = {
    deployed: myuplink.integration,
    url: simulator.url,
    secret: CLIENT,
    issueTokens: (account) => simulator.issueTokens(account),
    assets: [aHeatPump({ assetId: "pump-0001", integration: "myuplink", accountId, vendorAssetId: deviceId })],
  };
  return {
    simulator,
    cloud,
    truth: () => simulator.truth(deviceId),
    ownerSets: (mode: string) => simulator.ownerSets(deviceId, mode),
    effective: () => simulator.calls().filter(({ effective }) => effective),
  };
}

/** Roofs in London, each with an owner of its own. */
export async function aSolarEdgeCloud(
  clock: FakeClock,
  options: {
    sites?: number;
    timeZone?: string;
    hasMeter?: boolean;
    rules?: SolarEdgeFault[];
    limits?: { creditsPerMonth?: number; callsPerMinute?: number };
  } = {},
) {
  const timeZone = options.timeZone ?? "Europe/London";
  const assets = Array.from({ length: options.sites ?? 1 }, (_, index) =>
    aSolarSite({
      assetId: numbered("solar", index),
      integration: "solaredge",
      accountId: numbered("roof-owner", index),
      vendorAssetId: `${1000001 + index}`,
      site: { siteId: numbered("home", index), timeZone },
    }),
  );
  const simulator = await startSolarEdgeSimulator({
    clock: clockOf(clock),
    sites: assets.map(({ vendorAssetId, accountId, peakPowerKw }) => ({
      siteId: vendorAssetId,
      accountId,
      peakPowerKw,
      timeZone,
      hasMeter: options.hasMeter ?? false,
    })),
    seed: SEED,
    faults: { rules: options.rules ?? [] },
    limits: options.limits ?? {},
    ...CLIENT,
  });
  running.push(simulator);
  const cloud: Cloud = {
    deployed: solaredge.integration,
    url: simulator.url,
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    assets,
  };
  /** Calls that cost a credit. */
  return { simulator, cloud, reads: () => simulator.calls().filter(({ kind }) => kind !== "token") };
}
