import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Asset } from "../../shared/domain/asset.ts";
import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { Simulation } from "../../shared/integration/simulation.ts";
import { startFeeds } from "../feeds/server.ts";
import { loadVendors } from "../night/vendors.ts";

/** An asset of each integration, with its vendor's cloud running on this machine in real time. */
export type Customer = { asset: Asset; manifest: Manifest; simulation: Simulation };

export type World = {
  customers: Customer[];
  feeds: { calls(): readonly { feed: string; status: number }[] };
  /** For `HEADROOM_<STAGE>_ENDPOINTS`: everything that is asked outside AWS. */
  endpoints: Record<string, string>;
  /** Of these, the feeds'. */
  feedEndpoints: Record<string, string>;
  stop(): Promise<void>;
};

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ZONE = "Europe/London";
type Clock = { now(): number };
const realClock: Clock = { now: () => Date.now() };

/**
 * An asset of each integration with the clouds and feeds that they need, in real time: plugged in now and ready in some
 * hours, electricity dear now and cheap later. `prefix` keeps its names apart from anybody else's.
 */
export async function startWorld(prefix = "", clock = realClock): Promise<World> {
  const nowMs = clock.now();
  const halfHour = Math.floor(nowMs / (HOUR_MS / 2)) * (HOUR_MS / 2);
  const points = (value: (hoursAhead: number) => number) =>
    Array.from({ length: 144 }, (_, index) => {
      const startsAtMs = halfHour - 24 * HOUR_MS + index * (HOUR_MS / 2);
      const hoursAhead = (startsAtMs - nowMs) / HOUR_MS;
      return { startsAtMs, endsAtMs: startsAtMs + HOUR_MS / 2, value: value(hoursAhead) };
    });
  const feeds = await startFeeds({
    clock,
    prices: points((ahead) => (ahead > 1 && ahead < 6 ? 5 : 40)),
    carbon: points(() => 150),
    zone: ZONE,
    publishHour: 16,
  });
  const customers = await Promise.all((await loadVendors()).map((vendor) => startCustomer(vendor, clock, prefix)));
  const feedEndpoints = { OCTOPUS_API_URL: feeds.octopusUrl, CARBON_INTENSITY_API_URL: feeds.carbonUrl };
  return {
    customers,
    feeds,
    endpoints: Object.assign({}, feedEndpoints, ...customers.map(({ simulation }) => simulation.endpoints)),
    feedEndpoints,
    async stop() {
      await Promise.all([feeds.stop(), ...customers.map(({ simulation }) => simulation.stop())]);
    },
  };
}

type Vendor = Awaited<ReturnType<typeof loadVendors>>[number];

async function startCustomer(
  { name, manifest, startSimulation, vendorAssetId }: Vendor,
  clock: Clock,
  prefix: string,
): Promise<Customer> {
  const nowMs = clock.now();
  const example = JSON.parse(readFileSync(join(ROOT, "lambdas/integrations", name, "asset.json"), "utf8"));
  const readyByMs = nowMs + 6 * HOUR_MS;
  const readyBy = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: ZONE }).format(readyByMs);
  const hasDeadline = "readyBy" in (example.preferences ?? {});
  const asset = Asset.parse({
    ...example,
    assetId: `${prefix}${name}-0001`,
    accountId: `${prefix}${example.accountId}`,
    vendorAssetId: vendorAssetId(0),
    site: { ...example.site, siteId: `${prefix}home-${name}`, timeZone: ZONE },
    consent: { ...example.consent, givenAt: instant(nowMs - HOUR_MS) },
    ...(hasDeadline && { preferences: { ...example.preferences, readyBy } }),
  });
  const stay = { arrivesAtMs: nowMs - HOUR_MS, departsAtMs: readyByMs + HOUR_MS, readyByMs };
  const simulation = await startSimulation({
    clock,
    cars: asset.kind === "car" ? [{ asset, ...stay, socOnArrivalPercent: 50 }] : [],
    // It draws from the start, so that there is something to command while electricity is dear.
    chargers: asset.kind === "charger" ? [{ asset, ...stay, wantsKwh: 30, needsStart: false }] : [],
    heatPumps: asset.kind === "heat-pump" ? [asset] : [],
    solarSites: asset.kind === "solar-site" ? [asset] : [],
    siteLoadKw: () => 0,
    fedBy: () => [],
    seed: 1,
    faults: "none",
    startsAtMs: nowMs - HOUR_MS,
    endsAtMs: readyByMs + HOUR_MS,
  });
  return { asset, manifest, simulation };
}
