import type { Asset } from "../../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor, Target } from "../../../shared/integration/contract.ts";
import { periodToAsk, type SolarSite, toLook } from "./adapter.ts";
import { solarEdgeApi } from "./api.ts";
import { creditBook } from "./credits.ts";
import { localParameter } from "./local-time.ts";

/** Meters are not fitted every day. */
const METER_KNOWN_FOR_MS = 7 * 24 * HOUR_MS;

/** How long a failure stands for a site before a credit is spent on asking again. */
function standsForMs({ fault }: VendorError): number {
  switch (fault) {
    // Nobody asks twice what does not exist any more.
    case "api-retired":
      return Number.POSITIVE_INFINITY;
    // Just under the cadence by day, which the scheduler's quicker repeats must not beat.
    case "device-offline":
      return 55 * MINUTE_MS;
    case "transient":
    case "vendor-outage":
    case "malformed-message":
      return 10 * MINUTE_MS;
    default:
      return 0;
  }
}

function siteOf(asset: Asset): SolarSite {
  if (asset.kind === "solar-site") return asset;
  throw new VendorError({
    fault: "our-configuration",
    operation: "energy",
    message: `enrolled as a ${asset.kind}, but this integration knows solar sites only`,
  });
}

function readOnly(operation: string): VendorError {
  return new VendorError({
    fault: "unsupported-by-device",
    operation,
    message: "a SolarEdge site can be read, not commanded",
  });
}

/** Faults of what was asked, not of whom we ask for: energy that was told and paid for is not lost with the meters. */
const OF_METERS_ALONE = [
  "transient",
  "vendor-outage",
  "malformed-message",
  "unsupported-by-device",
  "our-configuration",
];

function withoutMeters(error: unknown): { meters: undefined; failure: string } {
  if (error instanceof VendorError && OF_METERS_ALONE.includes(error.fault))
    return { meters: undefined, failure: error.message };
  throw error;
}

/** SolarEdge's cloud in the platform's words. Every call is a credit, so nothing is asked that need not be. */
export const connectSolarEdge: ConnectVendor = (connection) => {
  const credits = creditBook(connection.now);
  const meters = new Map<string, { has: boolean; learnedAtMs: number }>();
  const failures = new Map<string, { error: VendorError; untilMs: number }>();

  const read = async ({ asset, accessToken, last }: Target) => {
    const site = siteOf(asset);
    const period = periodToAsk(last?.stream === "production" ? last : undefined, connection.now());
    if (!period) return { online: true };

    const siteId = site.vendorAssetId;
    const { timeZone } = site.site;
    const span = { from: localParameter(period.from, timeZone, "from"), to: localParameter(period.to, timeZone, "to") };
    const learned = meters.get(siteId);
    const known = learned && epochMs(connection.now()) - learned.learnedAtMs < METER_KNOWN_FOR_MS ? learned : undefined;
    // All or nothing: half a look is a credit for no reading.
    credits.reserve(known ? 1 + Number(known.has) : 3, "energy");

    const api = solarEdgeApi(connection, credits, accessToken);
    const energy = await api.energy(siteId, span);
    const metered = async () => {
      const has = known?.has ?? (await api.hasMeter(siteId));
      if (!known) meters.set(siteId, { has, learnedAtMs: epochMs(connection.now()) });
      return { meters: has ? await api.meters(siteId, span) : undefined };
    };
    const answers = { energy, ...(await metered().catch(withoutMeters)) };
    return toLook(answers, period, site, connection.now());
  };

  return {
    async look(target) {
      const siteId = target.asset.vendorAssetId;
      const failed = failures.get(siteId);
      if (failed && epochMs(connection.now()) < failed.untilMs) throw failed.error;
      failures.delete(siteId);
      try {
        return await read(target);
      } catch (error) {
        if (error instanceof VendorError) {
          credits.heed(error);
          failures.set(siteId, { error, untilMs: epochMs(connection.now()) + standsForMs(error) });
        }
        throw error;
      }
    },
    async prepare() {
      throw readOnly("prepare");
    },
    async command(_target, action) {
      throw readOnly(action.kind);
    },
  };
};
