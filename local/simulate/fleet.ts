import { type Asset, Car, Charger, powerOfCurrent } from "../../shared/domain/asset.ts";
import { HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { type Random, seededRandom } from "../random.ts";
import { CARS, PLUGS } from "./manifests.ts";

/** What an asset truly is and does, which the platform learns by looking. */
export type DeviceSpec = {
  assetId: string;
  vendorAssetId: string;
  integration: string;
  accountId: string;
  siteId: string;
  kind: "car" | "charger";
  arrivesMs: number;
  departsMs: number;
  /** Begins to draw when it is plugged in, unless told otherwise. */
  beginsByItself: boolean;
  /** Of a car, kWh; a charger tells the energy of its session instead. */
  battery: { capacityKwh: number; storedKwh: number; limitPercent: number } | undefined;
  /** Of a charger: what the car behind it takes at most, kWh from the grid. */
  takesKwh: number;
  chargeEfficiency: number;
  maxCurrentA: number;
  kwPerA: number;
  /** Grid-side energy that makes it ready, kWh. */
  neededKwh: number;
};

export type Fleet = { assets: Asset[]; devices: DeviceSpec[] };

const common = {
  fleetId: "main",
  consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
};

/**
 * A fleet for one night: cars with a login each, and chargers that share operators' logins; every other pair of chargers
 * shares a site whose connection is too small for both. Needs fit well into the stay where one has the connection alone.
 */
export function fleetOf(seed: number, assets: number, { startMs, hours }: { startMs: number; hours: number }): Fleet {
  const random = seededRandom(seed ^ 0xf1ee7);
  const stayIn = (draw: Random) => stay(draw, startMs, hours);
  const chargers = Math.floor(assets * 0.4);
  const made: Fleet = { assets: [], devices: [] };
  for (let index = 0; index < assets; index++) {
    const { asset, device } =
      index < chargers ? aCharger(index, random, stayIn(random)) : aCar(index, random, stayIn(random));
    made.assets.push(asset);
    made.devices.push(device);
  }
  return made;
}

type Stay = { arrivesMs: number; departsMs: number; readyBy: string };

/** Arrives within the first hour, and leaves in the last two. */
function stay(random: Random, startMs: number, hours: number): Stay {
  const arrivesMs = startMs + 10 * MINUTE_MS + Math.floor(random() * 60) * MINUTE_MS;
  const departsMs = startMs + (hours - 2) * HOUR_MS + Math.floor(random() * 6) * 15 * MINUTE_MS;
  return { arrivesMs, departsMs, readyBy: instant(departsMs).slice(11, 16) };
}

function aCar(
  index: number,
  random: Random,
  { arrivesMs, departsMs, readyBy }: Stay,
): { asset: Asset; device: DeviceSpec } {
  const name = String(index).padStart(4, "0");
  const capacityKwh = 50 + Math.floor(random() * 5) * 10;
  const maxCurrentA = random() < 0.3 ? 16 : 32;
  const kwPerA = 0.23;
  const targetSocPercent = 80;
  // At most two thirds of the stay at full power.
  const most = ((departsMs - arrivesMs) / HOUR_MS) * 0.66 * maxCurrentA * kwPerA * 0.92;
  const target = (targetSocPercent / 100) * capacityKwh;
  const storedKwh = Math.max(target - most, target * (0.3 + 0.6 * random()));
  const asset = Car.parse({
    ...common,
    assetId: `car-${name}`,
    kind: "car",
    integration: CARS.name,
    accountId: `driver-${name}`,
    vendorAssetId: `VIN${name}`,
    site: { siteId: `home-${name}`, timeZone: "Europe/London" },
    battery: { capacityKwh, chargeEfficiency: 0.92 },
    supply: { maxCurrentA },
    preferences: { targetSocPercent, readyBy },
  });
  return {
    asset,
    device: {
      ...ids(asset),
      kind: "car",
      ...{ arrivesMs, departsMs, beginsByItself: random() < 0.5, maxCurrentA, kwPerA, chargeEfficiency: 0.92 },
      battery: { capacityKwh, storedKwh, limitPercent: 90 },
      takesKwh: Number.POSITIVE_INFINITY,
      neededKwh: Math.max(0, target - storedKwh) / 0.92,
    },
  };
}

function aCharger(
  index: number,
  random: Random,
  { arrivesMs, departsMs, readyBy }: Stay,
): { asset: Asset; device: DeviceSpec } {
  const name = String(index).padStart(4, "0");
  const pair = Math.floor(index / 2);
  const isLimited = pair % 2 === 0;
  const maxCurrentA = 32;
  const supply = { voltageV: 230, phases: 1 as const, maxCurrentA };
  // Two that share 9 kW get half of it each at worst.
  const mostKwh = ((departsMs - arrivesMs) / HOUR_MS) * 0.66 * (isLimited ? 4 : 7);
  const sessionEnergyKwh = Math.ceil(2 + random() * (Math.min(mostKwh, isLimited ? 18 : 34) - 2));
  const asset = Charger.parse({
    ...common,
    assetId: `plug-${name}`,
    kind: "charger",
    integration: PLUGS.name,
    accountId: `operator-${Math.floor(index / 4)}`,
    vendorAssetId: `EH${name}`,
    site: {
      siteId: `yard-${pair}`,
      timeZone: "Europe/London",
      ...(isLimited && { importLimitKw: 9 }),
    },
    supply,
    preferences: { sessionEnergyKwh, readyBy },
  });
  const kwPerA = powerOfCurrent({ ...supply, minCurrentA: 6 }, 1);
  return {
    asset,
    device: {
      ...ids(asset),
      kind: "charger",
      // Who shares a small connection does not begin by itself: nothing of ours could keep that within the limit.
      ...{ arrivesMs, departsMs, beginsByItself: !isLimited && random() < 0.5, maxCurrentA, kwPerA },
      battery: undefined,
      takesKwh: sessionEnergyKwh + 3,
      chargeEfficiency: 1,
      neededKwh: sessionEnergyKwh,
    },
  };
}

function ids({ assetId, vendorAssetId, integration, accountId, site }: Asset) {
  return { assetId, vendorAssetId, integration, accountId, siteId: site.siteId };
}
